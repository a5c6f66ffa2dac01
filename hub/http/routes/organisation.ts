import type { FastifyInstance } from 'fastify';
import {
  changeUnitBody,
  unitChangeResult,
  unitHistoryQuery,
  unitHistorySchema,
} from '../../../protocols/api/organisation/changes.ts';
import type { RouteContext } from '../context.ts';
import { addRoute } from '../route.ts';
import { unitParams } from './params.ts';

/** The organisation over time: what happened to a unit, and what shall. Each change is written down for every unit that it is about. */
export function addOrganisationRoutes(app: FastifyInstance, { features, idempotent }: RouteContext): void {
  const { organisation, audit } = features;
  addRoute(app, {
    method: 'GET',
    url: '/units/:id/history',
    tag: 'organisation',
    summary: 'What happened to a unit: names, moves, mergers, and what it was on a day (`on`)',
    action: 'read',
    params: unitParams,
    query: unitHistoryQuery,
    answer: unitHistorySchema,
    handle: ({ scope, params, query }) => organisation.history(scope, params.id, query.on),
  });
  addRoute(app, {
    method: 'POST',
    url: '/units/:id/change',
    tag: 'organisation',
    summary: 'Rename, move, merge or close a unit, or try what that would come to',
    action: 'manage-units',
    params: unitParams,
    body: changeUnitBody,
    answer: unitChangeResult,
    idempotent,
    handle: async ({ scope, actor, params, body, request }) => {
      const { about, ...result } = await organisation.change(scope, actor, params.id, body);
      if (body.dryRun) return result;
      const { change, effective } = body;
      for (const unitId of about)
        await audit.append({
          actor: actor.id,
          action: `unit.${change.kind}`,
          subject: `unit:${unitId}`,
          unitId,
          reason: body.reason,
          origin: request.ip,
          detail: { ...change, of: params.id, effective, effects: result.effects },
        });
      return result;
    },
  });
}
