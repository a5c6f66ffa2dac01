import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { isSettled } from '../state/commands.ts';
import { api, type ListQuery } from './api.ts';

const pageSize = 100;

interface ListPage<R> {
  readonly rows: R[];
  readonly next?: string | undefined;
  readonly total?: number;
}

function listOf<R>(
  topic: string,
  query: ListQuery,
  fetchPage: (query: ListQuery, signal: AbortSignal) => Promise<ListPage<R>>,
) {
  return infiniteQueryOptions({
    queryKey: [topic, query],
    queryFn: ({ pageParam, signal }) => fetchPage({ ...query, cursor: pageParam, limit: pageSize }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    staleTime: 30_000,
  });
}

export const deviceList = (query: ListQuery) => listOf('devices', query, api.devices);
export const agentList = (query: ListQuery) => listOf('agents', query, api.agents);
export const proposalList = (query: ListQuery) => listOf('proposals', query, api.proposals);
export const voucherList = (query: ListQuery) => listOf('vouchers', query, api.vouchers);
export const conflictList = (query: ListQuery) => listOf('conflicts', query, api.conflicts);
export const peopleList = (query: ListQuery) => listOf('people', query, api.people);
export const auditList = (query: ListQuery) => listOf('audit', query, api.audit);
export const quarantineList = (query: ListQuery) => listOf('quarantine', query, api.quarantine);
export const unitList = (query: ListQuery) => listOf('units', query, api.units);
export const deviceEventList = (device: string) =>
  infiniteQueryOptions({
    queryKey: ['device-events', device],
    queryFn: ({ pageParam, signal }) => api.deviceEvents(device, { cursor: pageParam, limit: 30 }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });

export const signInOptionsQuery = queryOptions({
  queryKey: ['sign-in-options'],
  queryFn: ({ signal }) => api.signInOptions(signal),
  staleTime: 5 * 60_000,
});

export const passkeysQuery = queryOptions({
  queryKey: ['passkeys'],
  queryFn: ({ signal }) => api.passkeys(signal),
});

export const suppliersQuery = queryOptions({
  queryKey: ['suppliers'],
  queryFn: ({ signal }) => api.suppliers(signal),
});

export const tokensQuery = queryOptions({ queryKey: ['tokens'], queryFn: ({ signal }) => api.tokens(signal) });

export const emergenciesQuery = queryOptions({
  queryKey: ['emergencies'],
  queryFn: ({ signal }) => api.emergencies(signal),
  refetchInterval: 60_000,
});

export const overviewQuery = (unit: number | undefined) =>
  queryOptions({
    queryKey: ['overview', unit ?? 'all'],
    queryFn: ({ signal }) => api.overview(unit, signal),
    refetchInterval: 30_000,
  });

export const deviceQuery = (device: string) =>
  queryOptions({ queryKey: ['device', device], queryFn: ({ signal }) => api.device(device, signal) });

export const agentQuery = (agent: string) =>
  queryOptions({
    queryKey: ['agent', agent],
    queryFn: ({ signal }) => api.agent(agent, signal),
    refetchInterval: 30_000,
  });

export const familiesQuery = queryOptions({
  queryKey: ['families'],
  queryFn: ({ signal }) => api.families(signal),
  staleTime: 60_000,
});

export const unitQuery = (unit: number) =>
  queryOptions({ queryKey: ['unit', unit], queryFn: ({ signal }) => api.unit(unit, signal), staleTime: 60_000 });

/** One command; asked again every 2 s until it is settled, beside the live event that usually comes first. */
export const commandQuery = (command: string) =>
  queryOptions({
    queryKey: ['command', command],
    queryFn: ({ signal }) => api.command(command, signal),
    refetchInterval: (query) => (query.state.data && isSettled(query.state.data.state) ? false : 2_000),
  });

/** The newest commands of a device; asked again every 2 s while one of them is under way. */
export const recentCommandsQuery = (device: string) =>
  queryOptions({
    queryKey: ['commands', device],
    queryFn: ({ signal }) => api.commands(device, signal),
    refetchInterval: (query) =>
      query.state.data?.rows.some((command) => !isSettled(command.state)) === true ? 2_000 : false,
  });

export const ranges = { '1h': 3_600_000, '24h': 86_400_000, '7d': 7 * 86_400_000, '30d': 30 * 86_400_000 } as const;
export type Range = keyof typeof ranges;

export const telemetryQuery = (device: string, metric: string, range: Range, now: () => number) =>
  queryOptions({
    queryKey: ['telemetry', device, metric, range],
    queryFn: ({ signal }) => {
      const to = now();
      return api.telemetry(
        device,
        {
          metric,
          from: new Date(to - ranges[range]).toISOString(),
          to: new Date(to).toISOString(),
          // Of an hour every value; of more, what the hub finds fit to draw.
          step: range === '1h' ? 'raw' : 'auto',
        },
        signal,
      );
    },
    staleTime: 60_000,
  });
