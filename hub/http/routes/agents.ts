import type { FastifyInstance } from 'fastify';
import { agentSchema, agentsPage, agentsQuery } from '../../../protocols/api/agents.ts';
import { familiesList } from '../../../protocols/api/families.ts';
import { type RouteContext, scopeOfUnit } from '../context.ts';
import { addRoute } from '../route.ts';
import { idParams } from './params.ts';

/** Agents are only read here: they come by enrolment and go by revocation. */
export function addAgentRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { registry } = features;
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
    method: 'GET',
    url: '/families',
    tag: 'fleet',
    summary: 'Device families that agents speak, with their names for people',
    action: 'read',
    answer: familiesList,
    handle: () => ({ rows: [...registry.families()] }),
  });
}
