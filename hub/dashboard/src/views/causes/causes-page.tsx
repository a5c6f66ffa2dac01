import { Button, SegmentedControl } from '@mantine/core';
import { IconChecks, IconRefresh } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { causeList } from '../../data/queries.ts';
import { useQuietRefresh } from '../../state/quiet-refresh.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { Blank } from '../../ui/blank.tsx';
import { Page } from '../../ui/page.tsx';
import { SearchBox } from '../../ui/search-box.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { CauseRow } from './cause-row.tsx';

/** Every problem, open or resolved: one row for each cause, however many devices it touches. */
export function CausesPage() {
  const { t } = useText();
  const search = useSearch({ from: '/frame/causes' });
  const navigate = useNavigate({ from: '/causes' });
  const state = search.state ?? 'open';
  const read = useInfiniteQuery({ ...causeList({ ...search, state }), placeholderData: keepPreviousData });
  const refresh = useQuietRefresh('causes', read.refetch);
  const rows = read.data?.pages.flatMap((page) => page.rows) ?? [];
  const total = read.data?.pages.at(-1)?.total ?? 0;
  return (
    <Page title={t('nav.causes')} lead={<span className="soft number">{t('list.total', { count: total })}</span>}>
      <div className="toolbar">
        <SegmentedControl
          aria-label={t('cause.state')}
          value={state}
          onChange={(value) =>
            void navigate({
              search: { ...search, state: value === 'resolved' ? 'resolved' : undefined },
              replace: true,
            })
          }
          data={[
            { value: 'open', label: t('cause.open') },
            { value: 'resolved', label: t('cause.resolved') },
          ]}
        />
        <SearchBox
          value={search.q ?? ''}
          placeholder={t('cause.search')}
          onChange={(q) => void navigate({ search: { ...search, q: q === '' ? undefined : q }, replace: true })}
        />
        <UnitPicker
          label={t('filter.unit')}
          hideLabel
          className="filter"
          placeholder={t('filter.unit')}
          clearable
          value={search.unit}
          onChange={(unit) => void navigate({ search: { ...search, unit } })}
        />
      </div>
      <Answer read={read} what={t('cause.what')} height={24}>
        {() => (
          <section className="card" {...refresh.hold}>
            <h2 className="visually-hidden">{t(state === 'open' ? 'cause.open' : 'cause.resolved')}</h2>
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
              <Blank icon={IconChecks} title={t(state === 'open' ? 'overview.calm' : 'cause.noneResolved')} tone="ok">
                <p className="soft">{t('overview.calm.text')}</p>
              </Blank>
            ) : (
              <ul className="causes">
                {rows.map((cause) => (
                  <CauseRow key={cause.id} cause={cause} />
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
    </Page>
  );
}
