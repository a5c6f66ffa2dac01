import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  checkPolicyBody,
  createPolicyBody,
  policiesPage,
  policiesQuery,
  policyBundlesPage,
  policyBundlesQuery,
  policyCheckSchema,
  policyRunsPage,
  policyRunsQuery,
  policySchema,
  updatePolicyBody,
} from '../../../../protocols/api/operation/policies.ts';
import { type RouteContext, scopeOfUnit } from '../../context.ts';
import { addRoute } from '../../route.ts';
import { unitParams } from '../params.ts';

const tag = 'policies';

/** What agents do by themselves. The policies feature itself writes the audit log. */
export function addPolicyRoutes(app: FastifyInstance, { features, idempotent }: RouteContext): void {
  const { policies } = features;
  addRoute(app, {
    method: 'GET',
    url: '/policies',
    tag,
    summary: 'Policies of your units, and those above that count there',
    action: 'read',
    query: policiesQuery,
    answer: policiesPage,
    handle: ({ scope, query }) => policies.list(scopeOfUnit(features, scope, query.unit), query),
  });
  addRoute(app, {
    method: 'POST',
    url: '/policies/check',
    tag,
    summary: 'What stands in the way of a policy, each with field, reason and remedy, and what it would do day by day',
    action: 'manage-policies',
    body: checkPolicyBody,
    answer: policyCheckSchema,
    handle: ({ scope, body }) => policies.check(scope, body),
  });
  addRoute(app, {
    method: 'POST',
    url: '/policies',
    tag,
    summary: 'Let agents do something by themselves; refused whole with the first fault',
    action: 'manage-policies',
    body: createPolicyBody,
    answer: policySchema,
    status: 201,
    idempotent,
    handle: ({ scope, actor, body }) => policies.create(scope, actor, body),
  });
  addRoute(app, {
    method: 'PATCH',
    url: '/policies/:id',
    tag,
    summary: 'Change a policy, or turn it on or off; `basedOn` is the revision that you saw',
    action: 'manage-policies',
    params: unitParams,
    body: updatePolicyBody,
    answer: policySchema,
    handle: ({ scope, actor, params, body }) => policies.update(scope, actor, params.id, body),
  });
  addRoute(app, {
    method: 'DELETE',
    url: '/policies/:id',
    tag,
    summary: 'Take a policy away; what it did stays in the list of runs',
    action: 'manage-policies',
    params: unitParams,
    answer: z.undefined(),
    status: 204,
    handle: ({ scope, actor, params }) => policies.remove(scope, actor, params.id).then(() => undefined),
  });
  addRoute(app, {
    method: 'GET',
    url: '/policy-runs',
    tag,
    summary: 'What agents did by themselves, and what was planned and did not run, newest first',
    action: 'read',
    query: policyRunsQuery,
    answer: policyRunsPage,
    handle: ({ scope, query }) => policies.listRuns(scopeOfUnit(features, scope, query.unit), query),
  });
  addRoute(app, {
    method: 'GET',
    url: '/policy-bundles',
    tag,
    summary: 'Which signed bundle each agent holds, and which it should',
    action: 'read',
    query: policyBundlesQuery,
    answer: policyBundlesPage,
    handle: ({ scope, query }) => policies.listBundles(scopeOfUnit(features, scope, query.unit), query),
  });
}
