import { Button } from '@mantine/core';
import { IconFilterOff, IconRefresh } from '@tabler/icons-react';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { RowData } from '@tanstack/react-table';
import { type ReactNode, useCallback, useMemo } from 'react';
import type { Topic } from '../state/live-effects.ts';
import { useQuietRefresh } from '../state/quiet-refresh.ts';
import { useText } from '../text/use-text.ts';
import { Answer } from './answer.tsx';
import { Blank } from './blank.tsx';
import { type FleetColumn, FleetTable } from './fleet-table.tsx';

interface ListPage<T> {
  readonly rows: readonly T[];
  readonly total?: number | undefined;
}

type ListRead<T> = UseInfiniteQueryResult<InfiniteData<ListPage<T>>>;

interface FleetListProps<T> {
  readonly read: ListRead<T>;
  readonly what: string;
  readonly columns: readonly FleetColumn<T>[];
  readonly rowId: (row: T) => string;
  readonly topic: Topic;
  readonly sort?: string | undefined;
  readonly onSort?: (sort: string) => void;
  readonly selected?: (row: T) => boolean;
  /** Shown when there is nothing at all; teaches how something gets here. */
  readonly empty: ReactNode;
  /** Takes every filter off; given when one is set. */
  readonly clearFilters?: (() => void) | undefined;
  readonly foot?: ReactNode;
}

/** A long list with its four faces, its count, and changes that wait while a pointer rests on it. */
export function FleetList<T extends RowData>(props: FleetListProps<T>) {
  const { read } = props;
  const { t } = useText();
  const refresh = useQuietRefresh(props.topic, read.refetch);
  const rows = useMemo(() => read.data?.pages.flatMap((page) => page.rows) ?? [], [read.data]);
  const total = read.data?.pages.at(-1)?.total ?? rows.length;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = read;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  return (
    <Answer read={read} what={props.what} height={24} fill>
      {() =>
        rows.length === 0 ? (
          <section className="card">
            {props.clearFilters ? <NoMatch clear={props.clearFilters} /> : props.empty}
          </section>
        ) : (
          <section className="card fleet-list" {...refresh.hold}>
            <FleetTable
              label={props.what}
              columns={props.columns}
              rows={rows}
              total={total}
              rowId={props.rowId}
              sort={props.sort}
              onSort={props.onSort}
              selected={props.selected}
              onEnd={onEnd}
            />
            {refresh.pending ? (
              <Button
                className="changed-pill"
                radius="xl"
                size="xs"
                leftSection={<IconRefresh size={16} aria-hidden />}
                onClick={refresh.refreshNow}
              >
                {t('list.changed')}
              </Button>
            ) : null}
            <div className="fleet-foot">
              <span role="status" className="number">
                {t('list.total', { count: total })}
              </span>
              {isFetchingNextPage ? <span>{t('list.loadingMore')}</span> : props.foot}
            </div>
          </section>
        )
      }
    </Answer>
  );
}

function NoMatch({ clear }: { readonly clear: () => void }) {
  const { t } = useText();
  return (
    <Blank icon={IconFilterOff} title={t('list.noMatch')}>
      <p>{t('list.noMatch.do')}</p>
      <Button variant="default" onClick={clear}>
        {t('list.clearFilters')}
      </Button>
    </Blank>
  );
}
