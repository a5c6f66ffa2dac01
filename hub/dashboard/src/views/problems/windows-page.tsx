import { Button } from '@mantine/core';
import { IconTool } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { MaintenanceWindow } from '../../../../../protocols/api/operation/rules.ts';
import { problemsApi, windowsQuery } from '../../data/problems.ts';
import { useMay } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { Moment } from '../../ui/age.tsx';
import { Answer } from '../../ui/answer.tsx';
import { Blank } from '../../ui/blank.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { weekdayKey } from '../calendar/keys.ts';
import { WindowForm } from './window-form.tsx';
import './problems.css';

/** Times of maintenance: planned, under way and over. */
export function WindowsPage() {
  const { t } = useText();
  const read = useQuery(windowsQuery);
  const may = useMay('work-problems');
  return (
    <Page title={t('window.title')}>
      <p className="soft">{t('window.lead')}</p>
      {may ? <WindowForm /> : null}
      <Answer read={read} what={t('window.what')} height={16}>
        {({ rows }) => (
          <section className="card">
            {rows.length === 0 ? (
              <Blank icon={IconTool} title={t('window.none')}>
                <p className="soft">{t('window.none.text')}</p>
              </Blank>
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
          {window.weekly ? (
            <span>
              {window.weekly.days.map((day) => t(weekdayKey(day))).join(', ')}:{' '}
              {t('window.span', { from: window.weekly.from, to: window.weekly.to })}
              {window.weekly.outsideLessons ? <> ({t('window.outsideLessons')})</> : null}
            </span>
          ) : null}
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
