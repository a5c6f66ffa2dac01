import { Button, TextInput } from '@mantine/core';
import { IconTool } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { MaintenanceWindow } from '../../../../../protocols/api/operation/rules.ts';
import { problemsApi, windowsQuery } from '../../data/problems.ts';
import { useMay } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { Moment } from '../../ui/age.tsx';
import { Answer } from '../../ui/answer.tsx';
import { Blank } from '../../ui/blank.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import './problems.css';

/** Times of maintenance: planned, under way and over. */
export function WindowsPage() {
  const { t } = useText();
  const read = useQuery(windowsQuery);
  const may = useMay('work-problems');
  return (
    <Page title={t('window.title')}>
      <p className="soft">{t('window.lead')}</p>
      {may ? <AddWindow /> : null}
      <Answer read={read} what={t('window.what')} height={16}>
        {({ rows }) => (
          <section className="card">
            {rows.length === 0 ? (
              <Blank icon={IconTool} title={t('window.none')} />
            ) : (
              <ul>
                {rows.map((window) => (
                  <WindowItem key={window.id} window={window} may={may} />
                ))}
              </ul>
            )}
          </section>
        )}
      </Answer>
    </Page>
  );
}

function useWindows() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: windowsQuery.queryKey });
}

function AddWindow() {
  const { t } = useText();
  const refresh = useWindows();
  const [unit, setUnit] = useState<number | undefined>();
  const [name, setName] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const open = useMutation({
    mutationFn: () =>
      problemsApi.openWindow({
        unit,
        name: name.trim(),
        startsAt: new Date(from).toISOString(),
        endsAt: new Date(to).toISOString(),
      }),
    onSuccess: async () => {
      setName('');
      await refresh();
    },
  });
  const isReady = unit !== undefined && name.trim() !== '' && from !== '' && to !== '';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) open.mutate();
  };
  return (
    <form className="card stack" onSubmit={submit}>
      <div className="form-grid">
        <TextInput
          label={t('window.name')}
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <UnitPicker label={t('window.unit')} value={unit} onChange={setUnit} />
        <TextInput
          type="datetime-local"
          label={t('window.from')}
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          label={t('window.to')}
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
      </div>
      <ProblemLine error={open.error} />
      <div>
        <Button type="submit" disabled={!isReady} loading={open.isPending}>
          {t('window.add')}
        </Button>
      </div>
    </form>
  );
}

function stateOf({ over, activeUntil, weekly }: MaintenanceWindow) {
  if (over) return 'window.over';
  if (activeUntil !== undefined) return 'window.active';
  return weekly ? 'window.weekly' : 'window.planned';
}

function WindowItem({ window, may }: { readonly window: MaintenanceWindow; readonly may: boolean }) {
  const { t } = useText();
  const refresh = useWindows();
  const end = useMutation({ mutationFn: () => problemsApi.endWindow(window.id), onSuccess: refresh });
  return (
    <li className="problem">
      <div className="problem-body">
        <div className="problem-head">
          <h3>{window.name}</h3>
          <span className="small soft">{t(stateOf(window))}</span>
        </div>
        <p className="problem-notes small soft">
          <span>{window.device?.name ?? window.unit.name}</span>
          <span>
            <Moment at={window.startsAt} />
            {window.endsAt === undefined ? null : (
              <>
                {' – '}
                <Moment at={window.endsAt} />
              </>
            )}
          </span>
          {window.weekly ? <span>{t('window.span', { from: window.weekly.from, to: window.weekly.to })}</span> : null}
          <span>{window.createdBy.name}</span>
        </p>
        <ProblemLine error={end.error} />
      </div>
      {may && !window.over ? (
        <Button size="xs" variant="default" loading={end.isPending} onClick={() => end.mutate()}>
          {t('window.end')}
        </Button>
      ) : null}
    </li>
  );
}
