import { Select } from '@mantine/core';
import { IconRouter } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { z } from 'zod';
import type { Agent } from '../../../../../protocols/api/agents.ts';
import { type HealthState, healthStateSchema, healthStates } from '../../../../../protocols/api/health.ts';
import { agentList } from '../../data/queries.ts';
import { healthKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { Age } from '../../ui/age.tsx';
import { Blank } from '../../ui/blank.tsx';
import { FleetList } from '../../ui/fleet-list.tsx';
import type { FleetColumn } from '../../ui/fleet-table.tsx';
import { formatNumber, nothing } from '../../ui/format.ts';
import { HealthMark } from '../../ui/health-mark.tsx';
import { Page } from '../../ui/page.tsx';
import { SearchBox } from '../../ui/search-box.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { AdminTabs } from '../frame/navigation.tsx';
import { agentsSearch } from '../search.ts';
import { IssueVoucher } from './voucher-dialog.tsx';

type AgentsSearch = z.output<typeof agentsSearch>;
const rowId = (row: Agent) => row.id;

function useAgentColumns(): readonly FleetColumn<Agent>[] {
  const { t, language } = useText();
  return useMemo(
    () => [
      {
        id: 'name',
        header: t('agents.name'),
        track: 'minmax(12rem, 2fr)',
        phone: 'minmax(0, 1fr)',
        sort: 'name',
        cell: (row) => (
          <>
            <Link to="/agents/$agent" params={{ agent: row.id }} className="fleet-link">
              {row.name}
            </Link>
            <span className="under">{row.unit.name}</span>
          </>
        ),
      },
      {
        id: 'health',
        header: t('devices.health'),
        track: '9.5rem',
        phone: '8.25rem',
        cell: (row) => <HealthMark state={row.health.state} />,
      },
      {
        id: 'seen',
        header: t('agents.lastSeen'),
        track: '9rem',
        sort: 'lastSeen',
        cell: (row) => <Age at={row.lastSeenAt} />,
      },
      {
        id: 'devices',
        header: t('agents.devices'),
        track: 'minmax(9rem, 1fr)',
        cell: (row) => (
          <span className="number">
            {row.devices.wrong > 0 ? t('agents.wrongOf', row.devices) : formatNumber(row.devices.total, language)}
          </span>
        ),
      },
      {
        id: 'queue',
        header: t('agents.queue'),
        track: '6rem',
        cell: (row) => <span className="number">{formatNumber(row.queue.records, language)}</span>,
      },
      {
        id: 'version',
        header: t('agents.version'),
        track: '7rem',
        cell: (row) => <span className="soft">{row.version ?? nothing}</span>,
      },
    ],
    [t, language],
  );
}

/** Every agent: is it there, how much waits in it, what does it look after. */
export function AgentsPage() {
  const { t } = useText();
  const search = useSearch({ from: '/frame/agents' });
  const navigate = useNavigate({ from: '/agents' });
  const query = { ...search, sort: search.sort ?? 'name' };
  const read = useInfiniteQuery({ ...agentList(query), placeholderData: keepPreviousData });
  const columns = useAgentColumns();
  const change = (part: Partial<AgentsSearch>) => void navigate({ search: { ...search, ...part }, replace: true });
  const filtered = [search.q, search.unit, search.health].some((value) => value !== undefined);
  const readHealth = (value: string | null): HealthState | undefined =>
    value === null ? undefined : healthStateSchema.optional().catch(undefined).parse(value);
  return (
    <Page title={t('nav.agents')} fill actions={<IssueVoucher />}>
      <AdminTabs />
      <div className="toolbar">
        <SearchBox
          value={search.q ?? ''}
          placeholder={t('agents.search')}
          onChange={(q) => change({ q: q === '' ? undefined : q })}
        />
        <Select
          className="filter"
          aria-label={t('devices.health')}
          placeholder={t('devices.health')}
          data={healthStates.map((value) => ({ value: String(value), label: t(healthKeys[value]) }))}
          value={search.health ?? null}
          onChange={(value) => change({ health: readHealth(value) })}
          clearable
          clearButtonProps={{ 'aria-label': t('list.clearSearch') }}
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
        what={t('agents.what')}
        columns={columns}
        rowId={rowId}
        topic="agents"
        sort={query.sort}
        onSort={(sort) => change({ sort: agentsSearch.shape.sort.parse(sort) })}
        clearFilters={filtered ? () => void navigate({ search: {} }) : undefined}
        empty={
          <Blank icon={IconRouter} title={t('agents.none')}>
            <p>{t('agents.none.do')}</p>
            <IssueVoucher />
          </Blank>
        }
      />
    </Page>
  );
}
