import { Button, SegmentedControl, Select } from '@mantine/core';
import { IconChecks, IconDownload, IconRefresh } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { severities } from '../../../../../protocols/api/operation/problems.ts';
import { problemCountsQuery, problemList, problemsApi } from '../../data/problems.ts';
import { useQuietRefresh } from '../../state/quiet-refresh.ts';
import { useMay } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { Blank } from '../../ui/blank.tsx';
import { Page } from '../../ui/page.tsx';
import { SearchBox } from '../../ui/search-box.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import type { CausesSearch } from '../search.ts';
import { ProblemItem } from './problem-row.tsx';
import { severityKeys } from './severity-mark.tsx';
import { WorkBar } from './work-bar.tsx';
import './problems.css';

/** The queue of problems: one row for each cause, the worst first, with whose it is and what to do next. */
export function ProblemsPage() {
  const { t, language } = useText();
  const search = useSearch({ from: '/frame/causes' });
  const state = search.state ?? 'open';
  const read = useInfiniteQuery({ ...problemList({ ...search, state }), placeholderData: keepPreviousData });
  const refresh = useQuietRefresh('causes', read.refetch);
  const rows = read.data?.pages.flatMap((page) => page.rows) ?? [];
  const total = read.data?.pages.at(-1)?.total ?? 0;
  const mayWork = useMay('work-problems') && state !== 'resolved';
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const picked = rows.filter(({ id }) => chosen.has(id));
  const choose = (id: string, on: boolean) =>
    setChosen(new Set(on ? [...chosen, id] : [...chosen].filter((one) => one !== id)));
  return (
    <Page
      title={t('nav.causes')}
      lead={<span className="soft number">{t('list.total', { count: total })}</span>}
      actions={
        <>
          <Button variant="default" renderRoot={(props) => <Link to="/maintenance" {...props} />}>
            {t('problem.windows')}
          </Button>
          <Button variant="default" renderRoot={(props) => <Link to="/problem-rules" {...props} />}>
            {t('problem.rules')}
          </Button>
          <Button
            variant="default"
            component="a"
            href={problemsApi.exportAddress({ ...search, state, language })}
            leftSection={<IconDownload size={18} aria-hidden />}
          >
            {t('problem.export')}
          </Button>
        </>
      }
    >
      <Filters search={search} />
      <Answer read={read} what={t('cause.what')} height={24}>
        {() => (
          <section className="card" {...refresh.hold}>
            {refresh.pending ? (
              <Button
                size="xs"
                variant="light"
                leftSection={<IconRefresh size={16} aria-hidden />}
                onClick={refresh.refreshNow}
              >
                {t('list.changed')}
              </Button>
            ) : null}
            {rows.length === 0 ? (
              <Blank
                icon={IconChecks}
                title={t(state === 'resolved' ? 'cause.noneResolved' : 'overview.calm')}
                tone="ok"
              >
                <p className="soft">{t('overview.calm.text')}</p>
              </Blank>
            ) : (
              <ul>
                {rows.map((problem) => (
                  <ProblemItem
                    key={problem.id}
                    problem={problem}
                    chosen={chosen.has(problem.id)}
                    onChoose={mayWork ? (on) => choose(problem.id, on) : undefined}
                  />
                ))}
              </ul>
            )}
            {read.hasNextPage ? (
              <Button variant="default" loading={read.isFetchingNextPage} onClick={() => void read.fetchNextPage()}>
                {t('list.more')}
              </Button>
            ) : null}
          </section>
        )}
      </Answer>
      {picked.length > 0 ? (
        <section className="card problem-work" aria-label={t('problem.chosen', { count: picked.length })}>
          <div className="row">
            <b>{t('problem.chosen', { count: picked.length })}</b>
            <Button size="xs" variant="subtle" onClick={() => setChosen(new Set())}>
              {t('problem.chooseNone')}
            </Button>
          </div>
          <WorkBar problems={picked} onDone={() => setChosen(new Set())} />
        </section>
      ) : null}
    </Page>
  );
}

function Filters({ search }: { readonly search: CausesSearch }) {
  const { t } = useText();
  const navigate = useNavigate({ from: '/causes' });
  const counts = useQuery(problemCountsQuery(search.unit));
  const set = (more: Partial<CausesSearch>) => void navigate({ search: { ...search, ...more }, replace: true });
  const muted = counts.data?.muted ?? 0;
  return (
    <div className="toolbar">
      <SegmentedControl
        aria-label={t('cause.state')}
        value={search.state ?? 'open'}
        onChange={(value) => set({ state: value === 'muted' || value === 'resolved' ? value : undefined })}
        data={[
          { value: 'open', label: t('cause.open') },
          { value: 'muted', label: muted > 0 ? t('problem.mutedCount', { count: muted }) : t('problem.muted') },
          { value: 'resolved', label: t('cause.resolved') },
        ]}
      />
      <SearchBox
        value={search.q ?? ''}
        placeholder={t('cause.search')}
        onChange={(q) => set({ q: q === '' ? undefined : q })}
      />
      <Select
        className="filter"
        aria-label={t('problem.severity')}
        placeholder={t('problem.severity')}
        clearable
        value={search.severity ?? null}
        data={severities.map((severity) => ({ value: severity, label: t(severityKeys[severity]) }))}
        onChange={(severity) => set({ severity: severity ?? undefined })}
      />
      <Select
        className="filter"
        aria-label={t('problem.owner')}
        placeholder={t('problem.owner.any')}
        clearable
        value={search.assignee ?? null}
        data={[
          { value: 'me', label: t('problem.owner.me') },
          { value: 'none', label: t('problem.owner.none') },
        ]}
        onChange={(assignee) => set({ assignee: assignee ?? undefined })}
      />
      <Select
        className="filter"
        aria-label={t('problem.sort')}
        value={search.sort ?? 'impact'}
        allowDeselect={false}
        data={[
          { value: 'impact', label: t('problem.sort.impact') },
          { value: 'oldest', label: t('problem.sort.oldest') },
          { value: 'newest', label: t('problem.sort.newest') },
        ]}
        onChange={(sort) => set({ sort: sort === 'oldest' || sort === 'newest' ? sort : undefined })}
      />
      <UnitPicker
        label={t('filter.unit')}
        hideLabel
        className="filter"
        placeholder={t('filter.unit')}
        clearable
        value={search.unit}
        onChange={(unit) => set({ unit })}
      />
    </div>
  );
}
