import type { FastifyInstance } from 'fastify';
import { agentAccessBody, agentSchema, agentsPage, agentsQuery } from '../../../protocols/api/agents.ts';
import {
  conflictSchema,
  conflictsPage,
  conflictsQuery,
  resolveConflictBody,
} from '../../../protocols/api/enrolment/conflicts.ts';
import { familiesList } from '../../../protocols/api/families.ts';
import { type RouteContext, scopeOfUnit } from '../context.ts';
import { addRoute } from '../route.ts';
import { idParams } from './params.ts';

/** Agents come by enrolment and go by revocation. */
export function addAgentRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { registry, enrolment } = features;
  addRoute(app, {
    method: 'GET',
    url: '/agents',
    tag: 'fleet',
    summary: 'Agents within your scope',
    action: 'read',
    query: agentsQuery,
    answer: agentsPage,
    handle: ({ scope, query }) => registry.listAgents(scopeOfUnit(features, scope, query.unit), query),
  });
  addRoute(app, {
    method: 'GET',
    url: '/agents/:id',
    tag: 'fleet',
    summary: 'One agent, with what it delivered',
    action: 'read',
    params: idParams,
    answer: agentSchema,
    handle: ({ scope, params }) => registry.getAgent(scope, params.id),
  });
  addRoute(app, {
    method: 'POST',
    url: '/agents/:id/access',
    tag: 'fleet',
    summary: 'Suspend, restore or withdraw the access of an agent; its session ends at once',
    action: 'manage-agents',
    params: idParams,
    body: agentAccessBody,
    answer: agentSchema,
    handle: async ({ scope, actor, params, body }) => {
      await enrolment.setAccess(scope, actor, params.id, body.status, body.reason);
      return registry.getAgent(actor.scopeFor('read'), params.id);
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/conflicts',
    tag: 'fleet',
    summary: 'Identities that two machines claim, newest first',
    action: 'read',
    query: conflictsQuery,
    answer: conflictsPage,
    handle: ({ scope, query }) => enrolment.listConflicts(scopeOfUnit(features, scope, query.unit), query),
  });
  addRoute(app, {
    method: 'POST',
    url: '/conflicts/:id/resolve',
    tag: 'fleet',
    summary: 'Decide which machine is the agent; kept with its reason',
    action: 'manage-agents',
    params: idParams,
    body: resolveConflictBody,
    answer: conflictSchema,
    handle: ({ scope, actor, params, body }) => enrolment.resolveConflict(scope, actor, params.id, body),
  });
  addRoute(app, {
    method: 'GET',
    url: '/families',
    tag: 'fleet',
    summary: 'Device families that agents speak, with their names for people',
    action: 'read',
    answer: familiesList,
    handle: () => ({ rows: [...registry.families()] }),
  });
}
