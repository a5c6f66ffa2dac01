import type { FastifyInstance } from 'fastify';
import { auditPage, auditQuery, auditVerdictSchema } from '../../../protocols/api/audit.ts';
import { causesPage, causesQuery, overviewQuery, overviewSchema } from '../../../protocols/api/causes.ts';
import { quarantinePage, quarantineQuery } from '../../../protocols/api/quarantine.ts';
import { type RouteContext, scopeOfUnit } from '../context.ts';
import { addRoute } from '../route.ts';

const verifyLimitMs = 25_000;

/** What is wrong, what could not be taken, and who did what. */
export function addInsightRoutes(app: FastifyInstance, { features, clock }: RouteContext): void {
  const { health, quarantine, audit } = features;
  addRoute(app, {
    method: 'GET',
    url: '/overview',
    tag: 'health',
    summary: 'What is wrong now, in numbers and worst causes',
    action: 'read',
    query: overviewQuery,
    answer: overviewSchema,
    handle: ({ scope, query }) => health.overview(scopeOfUnit(features, scope, query.unit)),
  });
  addRoute(app, {
    method: 'GET',
    url: '/causes',
    tag: 'health',
    summary: 'Causes, one row each, however many devices they touch',
    action: 'read',
    query: causesQuery,
    answer: causesPage,
    handle: ({ scope, query }) => health.listCauses(scopeOfUnit(features, scope, query.unit), query),
  });
  addRoute(app, {
    method: 'GET',
    url: '/quarantine',
    tag: 'health',
    summary: 'What was received and could not be taken',
    action: 'view-quarantine',
    query: quarantineQuery,
    answer: quarantinePage,
    handle: ({ scope, query }) => quarantine.list(scope, query),
  });
  addRoute(app, {
    method: 'GET',
    url: '/audit',
    tag: 'audit',
    summary: 'Who did what to what, and why, newest first',
    action: 'view-audit',
    query: auditQuery,
    answer: auditPage,
    handle: ({ scope, query }) => audit.list(scope, query),
  });
  addRoute(app, {
    method: 'GET',
    url: '/audit/verification',
    tag: 'audit',
    summary: 'Walk along the whole log and tell the first entry that was changed or removed',
    action: 'view-audit',
    answer: auditVerdictSchema,
    handle: async () => {
      // Shorter than what a request may take: whoever has more entries than fit uses the command line.
      using deadline = clock.deadline(verifyLimitMs);
      return await audit.verify(deadline.signal);
    },
  });
}
