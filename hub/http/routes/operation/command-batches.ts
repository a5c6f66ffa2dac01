import type { FastifyInstance } from 'fastify';
import {
  batchesPage,
  batchesQuery,
  batchPreviewSchema,
  batchSchema,
  createBatchBody,
  decideBatchBody,
} from '../../../../protocols/api/operation/commands.ts';
import { type RouteContext, scopeOfUnit } from '../../context.ts';
import { addRoute } from '../../route.ts';
import { idParams } from '../params.ts';

/** Wishes for many devices, and what waits for a second person. The commands feature itself writes each into the audit log. */
export function addCommandBatchRoutes(app: FastifyInstance, { features, idempotent }: RouteContext): void {
  const { batches } = features.commands;
  addRoute(app, {
    method: 'POST',
    url: '/command-batches/check',
    tag: 'commands',
    summary: 'Which devices would get a command, which not and why; nothing is sent',
    action: 'command',
    body: createBatchBody,
    answer: batchPreviewSchema,
    handle: ({ scope, actor, body }) => batches.preview(scopeOfUnit(features, scope, body.target.unit), actor, body),
  });
  addRoute(app, {
    method: 'POST',
    url: '/command-batches',
    tag: 'commands',
    summary: 'Ask many devices to do something, spread over time',
    action: 'command',
    body: createBatchBody,
    answer: batchSchema,
    status: 201,
    idempotent,
    handle: ({ scope, actor, body }) => batches.create(scopeOfUnit(features, scope, body.target.unit), actor, body),
  });
  addRoute(app, {
    method: 'GET',
    url: '/command-batches',
    tag: 'commands',
    summary: 'Wishes for many devices, newest first; those that wait for a second person by approval=awaiting',
    action: 'read',
    query: batchesQuery,
    answer: batchesPage,
    handle: ({ scope, actor, query }) => batches.list(scopeOfUnit(features, scope, query.unit), actor, query),
  });
  addRoute(app, {
    method: 'GET',
    url: '/command-batches/:id',
    tag: 'commands',
    summary: 'How far a wish for many devices is',
    action: 'read',
    params: idParams,
    answer: batchSchema,
    handle: ({ scope, actor, params }) => batches.get(scope, actor, params.id),
  });
  addRoute(app, {
    method: 'POST',
    url: '/command-batches/:id/cancel',
    tag: 'commands',
    summary: 'Take back what has not begun of a wish for many devices',
    action: 'command',
    params: idParams,
    answer: batchSchema,
    handle: ({ scope, actor, params }) => batches.cancel(scope, actor, params.id),
  });
  addRoute(app, {
    method: 'POST',
    url: '/command-batches/:id/decide',
    tag: 'commands',
    summary: 'Agree, as the second person, to what somebody else wishes, or not',
    action: 'approve',
    params: idParams,
    body: decideBatchBody,
    answer: batchSchema,
    handle: ({ scope, actor, params, body }) => batches.decide(scope, actor, params.id, body),
  });
}
