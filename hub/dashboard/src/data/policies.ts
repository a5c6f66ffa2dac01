import { infiniteQueryOptions } from '@tanstack/react-query';
import { z } from 'zod';
import {
  type checkPolicyBody,
  type createPolicyBody,
  policiesPage,
  policyBundlesPage,
  policyCheckSchema,
  policyRunsPage,
  policySchema,
  type updatePolicyBody,
} from '../../../../protocols/api/operation/policies.ts';
import { ask } from './http.ts';

const root = '/api/v1';
const limit = 100;

/** Addresses of policies. All throw ApiError. */
export const policiesApi = {
  check: (body: z.input<typeof checkPolicyBody>) =>
    ask(`${root}/policies/check`, { method: 'POST', body, schema: policyCheckSchema }),
  create: (body: z.input<typeof createPolicyBody>) =>
    ask(`${root}/policies`, { method: 'POST', body, schema: policySchema }),
  update: (id: number, body: z.input<typeof updatePolicyBody>) =>
    ask(`${root}/policies/${id}`, { method: 'PATCH', body, schema: policySchema }),
  remove: (id: number) => ask(`${root}/policies/${id}`, { method: 'DELETE', schema: z.unknown() }),
} as const;

interface OnePage {
  readonly next?: string | undefined;
}

function pages<P extends OnePage>(
  topic: string,
  unit: number | undefined,
  read: (query: Record<string, string | number | undefined>, signal: AbortSignal) => Promise<P>,
) {
  return infiniteQueryOptions({
    queryKey: [topic, unit],
    queryFn: ({ pageParam, signal }) => read({ unit, limit, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });
}

export const policyList = (unit: number | undefined) =>
  pages('policies', unit, (query, signal) => ask(`${root}/policies`, { query, schema: policiesPage, signal }));
export const policyRunList = (unit: number | undefined) =>
  pages('policy-runs', unit, (query, signal) => ask(`${root}/policy-runs`, { query, schema: policyRunsPage, signal }));
export const policyBundleList = (unit: number | undefined) =>
  pages('policy-bundles', unit, (query, signal) =>
    ask(`${root}/policy-bundles`, { query, schema: policyBundlesPage, signal }),
  );
