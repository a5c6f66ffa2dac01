import { Button, SegmentedControl, Select } from '@mantine/core';
import { IconPlayerPlay, IconUserCheck } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { CommandListRow } from '../../../../../protocols/api/operation/commands.ts';
import { commandStates } from '../../../../../protocols/fleet/record.ts';
import { batchList, batchQuery, commandList } from '../../data/commands.ts';
import { commandKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { Age } from '../../ui/age.tsx';
import { Answer } from '../../ui/answer.tsx';
import { Blank } from '../../ui/blank.tsx';
import { FleetList } from '../../ui/fleet-list.tsx';
import type { FleetColumn } from '../../ui/fleet-table.tsx';
import { Page } from '../../ui/page.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { AdminTabs } from '../frame/navigation.tsx';
import { type CommandsSearch, commandsSearch } from '../search.ts';
import { BatchCard } from './batch-card.tsx';
import { useCommandName } from './command-name.ts';
import { ExportCommands } from './export-commands.tsx';
import '../admin/admin.css';

const rowId = (row: CommandListRow) => row.id;

function useColumns(): readonly FleetColumn<CommandListRow>[] {
  const { t } = useText();
  const nameOf = useCommandName();
  return useMemo(
    () => [
      {
        id: 'device',
        header: t('devices.name'),
        track: 'minmax(11rem, 1.5fr)',
        phone: 'minmax(0, 1fr)',
        cell: (row) => (
          <>
            <Link to="/devices/$device" params={{ device: row.device }} className="fleet-link">
              {row.deviceName}
            </Link>
            <span className="under">{[row.unit.name, row.school?.name].filter(Boolean).join(', ')}</span>
          </>
        ),
      },
      { id: 'command', header: t('commands.command'), track: 'minmax(10rem, 1.2fr)', cell: nameOf },
      {
        id: 'state',
        header: t('commands.state'),
        track: 'minmax(9rem, 1fr)',
        phone: 'minmax(7rem, 0.8fr)',
        cell: (row) => (
          <>
            {t(commandKeys[row.state])}
            <span className="under phone-only">{nameOf(row)}</span>
            {row.problem ? <span className="under code">{row.problem.code}</span> : null}
          </>
        ),
      },
      { id: 'who', header: t('commands.who'), track: 'minmax(8rem, 0.8fr)', cell: (row) => row.createdBy },
      { id: 'when', header: t('commands.when'), track: '8.5rem', cell: (row) => <Age at={row.createdAt} /> },
    ],
    [t, nameOf],
  );
}

type View = NonNullable<CommandsSearch['view']>;

/** Every command in scope, the wishes for many devices, and what waits for a second person. */
export function CommandsPage() {
  const { t } = useText();
  const search = useSearch({ from: '/frame/commands' });
  const navigate = useNavigate({ from: '/commands' });
  const view: View = search.view ?? 'all';
  return (
    <Page
      title={t('nav.commands')}
      fill={view === 'all' && search.batch === undefined}
      actions={view === 'all' ? <ExportCommands query={queryOf(search)} /> : null}
    >
      <AdminTabs />
      {search.batch === undefined ? (
        <SegmentedControl
          aria-label={t('commands.view')}
          value={view}
          onChange={(next) => void navigate({ search: commandsSearch.parse({ view: next }), replace: true })}
          data={[
            { value: 'all', label: t('commands.all') },
            { value: 'batches', label: t('commands.batches') },
            { value: 'approvals', label: t('commands.approvals') },
          ]}
        />
      ) : (
        <Batch id={search.batch} />
      )}
      {view === 'all' ? <CommandRows search={search} /> : <Batches onlyAwaiting={view === 'approvals'} />}
    </Page>
  );
}

function queryOf({ view: _, ...query }: CommandsSearch) {
  return query;
}

function CommandRows({ search }: { readonly search: CommandsSearch }) {
  const { t } = useText();
  const navigate = useNavigate({ from: '/commands' });
  const query = queryOf(search);
  const read = useInfiniteQuery({ ...commandList(query), placeholderData: keepPreviousData });
  const columns = useColumns();
  const change = (part: Partial<CommandsSearch>) => void navigate({ search: { ...search, ...part }, replace: true });
  const filtered = search.state !== undefined || search.unit !== undefined;
  return (
    <>
      <div className="toolbar">
        <Select
          className="filter"
          aria-label={t('commands.state')}
          placeholder={t('commands.state')}
          clearable
          value={search.state ?? null}
          onChange={(state) => change({ state: commandsSearch.parse({ state: state ?? undefined }).state })}
          data={[
            { value: 'open', label: t('commands.open') },
            ...commandStates.map((state) => ({ value: state, label: t(commandKeys[state]) })),
          ]}
        />
        <UnitPicker
          label={t('filter.unit')}
          hideLabel
          className="filter"
          placeholder={t('filter.unit')}
          clearable
          value={search.unit}
          onChange={(unit) => change({ unit })}
        />
      </div>
      <FleetList
        read={read}
        what={t('commands.what')}
        columns={columns}
        rowId={rowId}
        topic="commands"
        clearFilters={filtered ? () => change({ state: undefined, unit: undefined }) : undefined}
        empty={
          <Blank icon={IconPlayerPlay} title={t('commands.none')}>
            <p>{t('commands.none.do')}</p>
          </Blank>
        }
      />
    </>
  );
}

function Batch({ id }: { readonly id: string }) {
  const { t } = useText();
  const read = useQuery(batchQuery(id));
  return (
    <div className="stack">
      <div>
        <Button variant="subtle" renderRoot={(props) => <Link to="/commands" {...props} />}>
          {t('batch.back')}
        </Button>
      </div>
      <Answer read={read} what={t('commands.batches')} height={12}>
        {(batch) => <BatchCard batch={batch} />}
      </Answer>
    </div>
  );
}

function Batches({ onlyAwaiting }: { readonly onlyAwaiting: boolean }) {
  const { t } = useText();
  const read = useInfiniteQuery(batchList(onlyAwaiting ? { approval: 'awaiting' } : {}));
  const rows = read.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <Answer read={read} what={t(onlyAwaiting ? 'commands.approvals' : 'commands.batches')} height={24}>
      {() => (
        <div className="stack">
          {rows.length === 0 ? (
            <section className="card">
              <Blank icon={IconUserCheck} title={t(onlyAwaiting ? 'commands.approvals.none' : 'commands.none')}>
                <p>{t(onlyAwaiting ? 'commands.approvals.none.do' : 'commands.none.do')}</p>
              </Blank>
            </section>
          ) : null}
          {rows.map((batch) => (
            <BatchCard key={batch.id} batch={batch} isListed />
          ))}
          {read.hasNextPage ? (
            <Button variant="default" onClick={() => void read.fetchNextPage()}>
              {t('list.more')}
            </Button>
          ) : null}
        </div>
      )}
    </Answer>
  );
}
