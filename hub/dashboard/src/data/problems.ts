import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { z } from 'zod';
import {
  assigneesList,
  type escalationBody,
  escalationSchema,
  problemCountsSchema,
  problemDetailSchema,
  problemsPage,
  type workBody,
  workResult,
} from '../../../../protocols/api/operation/problems.ts';
import {
  type previewBody,
  previewSchema,
  type ruleBody,
  ruleResult,
  rulesList,
  type windowBody,
  windowSchema,
  windowsList,
} from '../../../../protocols/api/operation/rules.ts';
import type { ListQuery } from './api.ts';
import { ask } from './http.ts';

const root = '/api/v1';

/** Addresses of problems, rules and maintenance windows. All throw ApiError. */
export const problemsApi = {
  work: (body: z.input<typeof workBody>) => ask(`${root}/problems/work`, { method: 'POST', body, schema: workResult }),
  keepRule: (id: number | undefined, body: z.input<typeof ruleBody>) =>
    id === undefined
      ? ask(`${root}/problem-rules`, { method: 'POST', body, schema: ruleResult })
      : ask(`${root}/problem-rules/${id}`, { method: 'PATCH', body, schema: ruleResult }),
  removeRule: (id: number) => ask(`${root}/problem-rules/${id}`, { method: 'DELETE', schema: z.undefined() }),
  preview: (body: z.input<typeof previewBody>) =>
    ask(`${root}/problem-rules/preview`, { method: 'POST', body, schema: previewSchema }),
  openWindow: (body: z.input<typeof windowBody>) =>
    ask(`${root}/maintenance-windows`, { method: 'POST', body, schema: windowSchema }),
  endWindow: (id: number) => ask(`${root}/maintenance-windows/${id}`, { method: 'DELETE', schema: windowSchema }),
  setEscalation: (body: z.input<typeof escalationBody>) =>
    ask(`${root}/escalation`, { method: 'POST', body, schema: escalationSchema }),
  exportAddress: (query: Readonly<Record<string, string | number | undefined>>) => {
    const set = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
    return `${root}/problems/export?${new URLSearchParams(set)}`;
  },
} as const;

export const problemList = (query: ListQuery) =>
  infiniteQueryOptions({
    queryKey: ['problems', query],
    queryFn: ({ pageParam, signal }) =>
      ask(`${root}/problems`, { query: { ...query, cursor: pageParam, limit: 50 }, schema: problemsPage, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    staleTime: 30_000,
  });

export const problemQuery = (id: string) =>
  queryOptions({
    queryKey: ['problem', id],
    queryFn: ({ signal }) => ask(`${root}/problems/${id}`, { schema: problemDetailSchema, signal }),
    refetchInterval: 60_000,
  });

export const problemCountsQuery = (unit: number | undefined) =>
  queryOptions({
    queryKey: ['problem-counts', unit ?? 'all'],
    queryFn: ({ signal }) => ask(`${root}/problems/counts`, { query: { unit }, schema: problemCountsSchema, signal }),
    refetchInterval: 30_000,
  });

export const assigneesQuery = (unit: number | undefined) =>
  queryOptions({
    queryKey: ['assignees', unit ?? 'all'],
    queryFn: ({ signal }) => ask(`${root}/assignees`, { query: { unit }, schema: assigneesList, signal }),
    staleTime: 60_000,
  });

export const rulesQuery = queryOptions({
  queryKey: ['problem-rules'],
  queryFn: ({ signal }) => ask(`${root}/problem-rules`, { schema: rulesList, signal }),
});

export const windowsQuery = queryOptions({
  queryKey: ['maintenance-windows'],
  queryFn: ({ signal }) => ask(`${root}/maintenance-windows`, { schema: windowsList, signal }),
});

export type Escalation = z.output<typeof escalationSchema>;

export const escalationQuery = (unit: number) =>
  queryOptions({
    queryKey: ['escalation', unit],
    queryFn: ({ signal }) => ask(`${root}/escalation`, { query: { unit }, schema: escalationSchema, signal }),
  });
