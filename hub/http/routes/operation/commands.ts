import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  commandCheckSchema,
  commandSchema,
  commandsList,
  commandsPage,
  commandsQuery,
  createCommandBody,
} from '../../../../protocols/api/operation/commands.ts';
import { pictureQuery } from '../../../../protocols/api/pictures.ts';
import { FatalError } from '../../../../protocols/errors.ts';
import { type RouteContext, scopeOfUnit } from '../../context.ts';
import { addRoute, problemResponses, requireAction } from '../../route.ts';
import { idParams } from '../params.ts';

/** What a picture may be; anything else is not served from our origin. */
const pictureTypes = new Set(['image/jpeg', 'image/png']);

/** Commands and the pictures they took. The commands feature itself writes a command down, with its purpose. */
export function addCommandRoutes(app: FastifyInstance, { features, idempotent }: RouteContext): void {
  const { commands, audit, registry } = features;
  addRoute(app, {
    method: 'POST',
    url: '/devices/:id/commands',
    tag: 'commands',
    summary: 'Ask a device to do something',
    action: 'command',
    params: idParams,
    body: createCommandBody,
    answer: commandSchema,
    status: 201,
    idempotent,
    handle: ({ scope, actor, params, body }) => {
      // To take a picture is to see it: both need the right, and whoever may see may command.
      const takesPicture = body.capability === 'snapshot';
      if (takesPicture) requireAction(actor, 'view-picture');
      return commands.create(takesPicture ? actor.scopeFor('view-picture') : scope, actor, params.id, body);
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/devices/:id/commands/check',
    tag: 'commands',
    summary: 'What a command would do and what stands in its way; nothing is sent',
    action: 'command',
    params: idParams,
    body: createCommandBody,
    answer: commandCheckSchema,
    handle: ({ scope, actor, params, body }) => commands.check(scope, actor, params.id, body),
  });
  addRoute(app, {
    method: 'GET',
    url: '/commands',
    tag: 'commands',
    summary: 'Commands within your scope, newest first',
    action: 'read',
    query: commandsQuery,
    answer: commandsPage,
    handle: ({ scope, query }) => commands.list(scopeOfUnit(features, scope, query.unit), query),
  });
  addRoute(app, {
    method: 'POST',
    url: '/commands/:id/cancel',
    tag: 'commands',
    summary: 'Take a command back: at once while it has not left, else its agent is asked and answers truly',
    action: 'command',
    params: idParams,
    answer: commandSchema,
    handle: ({ scope, actor, params }) => commands.cancel(scope, actor, params.id),
  });
  addRoute(app, {
    method: 'GET',
    url: '/devices/:id/commands',
    tag: 'commands',
    summary: 'The newest commands of a device',
    action: 'read',
    params: idParams,
    answer: commandsList,
    handle: async ({ scope, params }) => ({ rows: await commands.listOf(scope, params.id) }),
  });
  addRoute(app, {
    method: 'GET',
    url: '/commands/:id',
    tag: 'commands',
    summary: 'How far a command is',
    action: 'read',
    params: idParams,
    answer: commandSchema,
    handle: ({ scope, params }) => commands.get(scope, params.id),
  });
  addRoute(app, {
    method: 'GET',
    url: '/pictures/:id',
    tag: 'commands',
    summary: 'The picture that a command took; the reading and its purpose are kept',
    action: 'view-picture',
    params: idParams,
    query: pictureQuery,
    answer: z.instanceof(Buffer),
    raw: {
      200: {
        description: 'The picture',
        content: { 'image/jpeg': { schema: z.string() }, 'image/png': { schema: z.string() } },
      },
      ...problemResponses,
    },
    handle: async ({ scope, actor, params, query, request, reply }) => {
      const picture = await commands.picture(scope, params.id);
      if (!pictureTypes.has(picture.contentType))
        throw new FatalError('picture-type', `a kept picture is of type ${picture.contentType}`);
      const unitId = registry.deviceOf(picture.device)?.unitId;
      // The entry is durable before the first byte leaves.
      await audit.append({
        actor: actor.id,
        action: 'picture.view',
        subject: `device:${picture.device}`,
        unitId,
        reason: query.purpose,
        origin: request.ip,
        detail: { command: params.id, bytes: picture.bytes.length },
      });
      reply.type(picture.contentType).header('content-disposition', 'inline');
      return picture.bytes;
    },
  });
}
