import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { z } from 'zod';
import {
  batchesPage,
  batchPreviewSchema,
  batchSchema,
  commandCheckSchema,
  commandSchema,
  commandsPage,
  type createBatchBody,
  type createCommandBody,
  type decideBatchBody,
} from '../../../../protocols/api/operation/commands.ts';
import { isSettled } from '../state/commands.ts';
import type { ListQuery } from './api.ts';
import { ask } from './http.ts';

const root = '/api/v1';
const id = encodeURIComponent;

/** Addresses of commands beyond those of one device. All throw ApiError. */
export const commandApi = {
  check: (device: string, body: z.input<typeof createCommandBody>) =>
    ask(`${root}/devices/${id(device)}/commands/check`, { method: 'POST', body, schema: commandCheckSchema }),
  cancel: (command: string) =>
    ask(`${root}/commands/${id(command)}/cancel`, { method: 'POST', body: {}, schema: commandSchema }),
  list: (query: ListQuery, signal?: AbortSignal) => ask(`${root}/commands`, { schema: commandsPage, query, signal }),
  preview: (body: z.input<typeof createBatchBody>) =>
    ask(`${root}/command-batches/check`, { method: 'POST', body, schema: batchPreviewSchema }),
  createBatch: (body: z.input<typeof createBatchBody>) =>
    ask(`${root}/command-batches`, { method: 'POST', body, schema: batchSchema }),
  batches: (query: ListQuery, signal?: AbortSignal) =>
    ask(`${root}/command-batches`, { schema: batchesPage, query, signal }),
  batch: (batch: string, signal?: AbortSignal) =>
    ask(`${root}/command-batches/${id(batch)}`, { schema: batchSchema, signal }),
  cancelBatch: (batch: string) =>
    ask(`${root}/command-batches/${id(batch)}/cancel`, { method: 'POST', body: {}, schema: batchSchema }),
  decide: (batch: string, body: z.input<typeof decideBatchBody>) =>
    ask(`${root}/command-batches/${id(batch)}/decide`, { method: 'POST', body, schema: batchSchema }),
} as const;

const nextPage = { initialPageParam: undefined as string | undefined };

export const commandList = (query: ListQuery) =>
  infiniteQueryOptions({
    queryKey: ['command-list', query],
    queryFn: ({ pageParam, signal }) => commandApi.list({ ...query, cursor: pageParam, limit: 100 }, signal),
    ...nextPage,
    getNextPageParam: (page) => page.next,
    staleTime: 30_000,
  });

export const batchList = (query: ListQuery) =>
  infiniteQueryOptions({
    queryKey: ['approvals', query],
    queryFn: ({ pageParam, signal }) => commandApi.batches({ ...query, cursor: pageParam, limit: 50 }, signal),
    ...nextPage,
    getNextPageParam: (page) => page.next,
    refetchInterval: 30_000,
  });

/** One wish for many; asked again every 3 s while something of it is under way. */
export const batchQuery = (batch: string) =>
  queryOptions({
    queryKey: ['command-batch', batch],
    queryFn: ({ signal }) => commandApi.batch(batch, signal),
    refetchInterval: ({ state }) => {
      const states = Object.entries(state.data?.byState ?? {}).filter(([, count]) => (count ?? 0) > 0);
      const isUnderWay = states.some(([name]) => !isSettled(z.enum(knownStates).parse(name)));
      return isUnderWay ? 3_000 : false;
    },
  });

const knownStates = commandSchema.shape.state.options;
