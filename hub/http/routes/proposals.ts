import type { FastifyInstance } from 'fastify';
import {
  adoptBody,
  adoptResult,
  proposalsPage,
  proposalsQuery,
  refuseBody,
  refuseResult,
} from '../../../protocols/api/enrolment/proposals.ts';
import { type RouteContext, scopeOfUnit } from '../context.ts';
import { addRoute } from '../route.ts';

/** From what discovery found to what the fleet has. Each adopted device is one entry of the audit log. */
export function addProposalRoutes(app: FastifyInstance, { features, idempotent }: RouteContext): void {
  const { registry, audit } = features;
  addRoute(app, {
    method: 'GET',
    url: '/proposals',
    tag: 'adoption',
    summary: 'Devices that agents found and propose',
    action: 'read',
    query: proposalsQuery,
    answer: proposalsPage,
    handle: ({ scope, query }) => registry.listProposals(scopeOfUnit(features, scope, query.unit), query),
  });
  addRoute(app, {
    method: 'POST',
    url: '/proposals/adopt',
    tag: 'adoption',
    summary: 'Take proposals into the fleet',
    action: 'adopt',
    body: adoptBody,
    answer: adoptResult,
    idempotent,
    handle: async ({ scope, actor, body, request }) => {
      const result = await registry.adopt(scope, actor, body);
      if (!result.dryRun)
        await Promise.all(
          result.adopted.map(({ proposal, device, name }) =>
            audit.append({
              actor: actor.id,
              action: 'proposal.adopt',
              subject: `device:${device}`,
              unitId: registry.deviceOf(device)?.unitId,
              origin: request.ip,
              detail: { proposal, name },
            }),
          ),
        );
      return result;
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/proposals/refuse',
    tag: 'adoption',
    summary: 'Refuse proposals; their agents do not propose them again',
    action: 'adopt',
    body: refuseBody,
    answer: refuseResult,
    handle: async ({ scope, actor, body, request }) => {
      const { refused } = await registry.refuse(scope, actor, body);
      await Promise.all(
        refused.map((proposal) =>
          audit.append({
            actor: actor.id,
            action: 'proposal.refuse',
            subject: `proposal:${proposal}`,
            reason: body.reason,
            origin: request.ip,
          }),
        ),
      );
      return { refused: [...refused] };
    },
  });
}
