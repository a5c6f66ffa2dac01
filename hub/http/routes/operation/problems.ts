import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  assigneesList,
  assigneesQuery,
  escalationBody,
  escalationQuery,
  escalationSchema,
  problemCountsQuery,
  problemCountsSchema,
  problemDetailSchema,
  problemsExportQuery,
  problemsPage,
  problemsQuery,
  workBody,
  workResult,
} from '../../../../protocols/api/operation/problems.ts';
import {
  previewBody,
  previewSchema,
  ruleBody,
  ruleResult,
  rulesList,
  rulesQuery,
  windowBody,
  windowSchema,
  windowsList,
  windowsQuery,
} from '../../../../protocols/api/operation/rules.ts';
import { type RouteContext, scopeOfUnit } from '../../context.ts';
import { addRoute, problemResponses } from '../../route.ts';
import { idParams, unitParams } from '../params.ts';

const tag = 'problems';

/** What is wrong and who works on it. The problems feature itself writes the audit log. */
export function addProblemRoutes(app: FastifyInstance, context: RouteContext): void {
  const { features } = context;
  const { problems } = features;
  addRoute(app, {
    method: 'GET',
    url: '/problems',
    tag,
    summary: 'Problems, one row a cause: how bad, since when, whose, and what to do next',
    action: 'read',
    query: problemsQuery,
    answer: problemsPage,
    handle: ({ scope, actor, query }) => problems.list(scopeOfUnit(features, scope, query.unit), actor, query),
  });
  addRoute(app, {
    method: 'GET',
    url: '/problems/counts',
    tag,
    summary: 'Figures of the list: open by severity, and muted apart',
    action: 'read',
    query: problemCountsQuery,
    answer: problemCountsSchema,
    handle: ({ scope, actor, query }) => problems.counts(scopeOfUnit(features, scope, query.unit), actor),
  });
  addRoute(app, {
    method: 'GET',
    url: '/problems/export',
    tag,
    summary: 'The list as it is filtered, as a table for spreadsheets; at most 10,000 rows',
    action: 'read',
    query: problemsExportQuery,
    answer: z.string(),
    raw: {
      200: { description: 'The table', content: { 'text/csv': { schema: z.string() } } },
      ...problemResponses,
    },
    handle: async ({ scope, actor, query, reply }) => {
      const csv = await problems.csv(scopeOfUnit(features, scope, query.unit), actor, query);
      reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="problems.csv"');
      return csv;
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/problems/:id',
    tag,
    summary: 'One problem with its story',
    action: 'read',
    params: idParams,
    answer: problemDetailSchema,
    handle: ({ scope, params }) => problems.get(scope, params.id),
  });
  addRoute(app, {
    method: 'POST',
    url: '/problems/work',
    tag,
    summary: 'Acknowledge, assign, comment or mute, one or many; all of them or none',
    action: 'work-problems',
    body: workBody,
    answer: workResult,
    handle: async ({ scope, actor, body }) => ({ changed: [...(await problems.work(scope, actor, body))] }),
  });
  addRoute(app, {
    method: 'GET',
    url: '/assignees',
    tag,
    summary: 'People who may be given problems of these places',
    action: 'work-problems',
    query: assigneesQuery,
    answer: assigneesList,
    handle: async ({ scope, query }) => ({
      rows: await problems.assignees(scopeOfUnit(features, scope, query.unit), query),
    }),
  });
  addWindowRoutes(app, context);
  addRuleRoutes(app, context);
}

function addWindowRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { windows } = features.problems;
  addRoute(app, {
    method: 'GET',
    url: '/maintenance-windows',
    tag,
    summary: 'Times in which problems are opened muted',
    action: 'read',
    query: windowsQuery,
    answer: windowsList,
    handle: async ({ scope, query }) => {
      scopeOfUnit(features, scope, query.unit);
      return { rows: await windows.list(scope, query.unit) };
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/maintenance-windows',
    tag,
    summary: 'Open a maintenance window for a unit or a device, once or every week',
    action: 'work-problems',
    body: windowBody,
    answer: windowSchema,
    status: 201,
    handle: ({ scope, actor, body }) => {
      scopeOfUnit(features, scope, body.unit);
      return windows.create(scope, actor, body);
    },
  });
  addRoute(app, {
    method: 'DELETE',
    url: '/maintenance-windows/:id',
    tag,
    summary: 'End a maintenance window now',
    action: 'work-problems',
    params: unitParams,
    answer: windowSchema,
    handle: ({ scope, actor, params }) => windows.end(scope, actor, params.id),
  });
}

function addRuleRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { rules, escalations } = features.problems;
  addRoute(app, {
    method: 'GET',
    url: '/problem-rules',
    tag,
    summary: 'Rules that open problems, those of units above included',
    action: 'read',
    query: rulesQuery,
    answer: rulesList,
    handle: async ({ scope, query }) => {
      scopeOfUnit(features, scope, query.unit);
      return { rows: await rules.list(scope, query.unit) };
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/problem-rules',
    tag,
    summary: 'Keep a rule, whole or not at all; dryRun only judges it',
    action: 'manage-rules',
    body: ruleBody,
    answer: ruleResult,
    handle: async ({ scope, actor, body }) => {
      scopeOfUnit(features, scope, body.unit);
      return resultOf(body.dryRun, await rules.create(scope, actor, body));
    },
  });
  addRoute(app, {
    method: 'PATCH',
    url: '/problem-rules/:id',
    tag,
    summary: 'Keep another rule in the place of this one',
    action: 'manage-rules',
    params: unitParams,
    body: ruleBody,
    answer: ruleResult,
    handle: async ({ scope, actor, params, body }) => {
      scopeOfUnit(features, scope, body.unit);
      return resultOf(body.dryRun, await rules.update(scope, actor, params.id, body));
    },
  });
  addRoute(app, {
    method: 'DELETE',
    url: '/problem-rules/:id',
    tag,
    summary: 'Remove a rule; what stands open of it ends',
    action: 'manage-rules',
    params: unitParams,
    answer: z.void(),
    status: 204,
    handle: ({ scope, actor, params }) => rules.remove(scope, actor, params.id),
  });
  addRoute(app, {
    method: 'POST',
    url: '/problem-rules/preview',
    tag,
    summary: 'What a rule would have done in the last days, and what could not be looked at',
    action: 'manage-rules',
    body: previewBody,
    answer: previewSchema,
    handle: ({ scope, body }) => {
      scopeOfUnit(features, scope, body.unit);
      return rules.preview(scope, body);
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/escalation',
    tag,
    summary: 'Steps that are taken in a unit while nobody acknowledges',
    action: 'read',
    query: escalationQuery,
    answer: escalationSchema,
    handle: ({ scope, query }) => {
      scopeOfUnit(features, scope, query.unit);
      return escalations.get(scope, query.unit);
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/escalation',
    tag,
    summary: 'Set the steps of escalation of a unit and what lies below',
    action: 'manage-rules',
    body: escalationBody,
    answer: escalationSchema,
    handle: ({ scope, actor, body }) => {
      scopeOfUnit(features, scope, body.unit);
      return escalations.set(scope, actor, body);
    },
  });
}

function resultOf<R>(dryRun: boolean, rule: R | undefined) {
  return { dryRun, ...(rule === undefined ? {} : { rule }) };
}
