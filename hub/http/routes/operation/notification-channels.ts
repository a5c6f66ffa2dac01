import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  channelTestResult,
  deadLetterIds,
  deadLettersPage,
  deadLettersQuery,
  deadLettersResult,
  discardDeadLettersBody,
  endpointBody,
  endpointSchema,
  endpointsList,
  endpointWithSecret,
  notificationChannels,
  updateEndpointBody,
  zaloLinkBody,
} from '../../../../protocols/api/operation/notification-channels.ts';
import type { RouteContext } from '../../context.ts';
import { addRoute } from '../../route.ts';
import { idParams } from '../params.ts';

const action = 'manage-notifications' as const;

/** How the hub reaches people and programs outside, and what it could not deliver. */
export function addNotificationChannelRoutes(app: FastifyInstance, context: RouteContext): void {
  addChannelRoutes(app, context);
  addEndpointRoutes(app, context);
  addDeadLetterRoutes(app, context);
}

function addChannelRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { notifications, audit } = features;
  const tag = 'notification channels';
  addRoute(app, {
    method: 'GET',
    url: '/notification-channels',
    tag,
    summary: 'Which channels are set up, and how they do',
    action,
    answer: notificationChannels,
    handle: () => notifications.channelsStanding(),
  });
  addRoute(app, {
    method: 'POST',
    url: '/notification-channels/mail/test',
    tag,
    summary: 'Send a test e-mail to yourself',
    action,
    answer: channelTestResult,
    handle: ({ actor }) => notifications.testMail(actor),
  });
  addRoute(app, {
    method: 'POST',
    url: '/notification-channels/zalo/link',
    tag,
    summary: 'Link the official account of Zalo by a refresh token',
    action,
    body: zaloLinkBody,
    answer: z.void(),
    status: 204,
    handle: async ({ scope, actor, body, request }) => {
      await notifications.linkZalo(scope, body.refreshToken);
      await audit.append({ actor: actor.id, action: 'zalo.link', subject: 'channel:zalo', origin: request.ip });
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/notification-channels/zalo/test',
    tag,
    summary: 'Send a test message to your own id at Zalo',
    action,
    answer: channelTestResult,
    handle: ({ actor }) => notifications.testZalo(actor),
  });
}

function addEndpointRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { notifications, audit } = features;
  const tag = 'notification endpoints';
  addRoute(app, {
    method: 'GET',
    url: '/notification-endpoints',
    tag,
    summary: 'Webhook endpoints within your scope',
    action,
    answer: endpointsList,
    handle: async ({ scope }) => ({ rows: await notifications.listEndpoints(scope) }),
  });
  addRoute(app, {
    method: 'POST',
    url: '/notification-endpoints',
    tag,
    summary: 'Add a webhook endpoint; its secret is shown only here',
    action,
    body: endpointBody,
    answer: endpointWithSecret,
    status: 201,
    handle: async ({ scope, actor, body, request }) => {
      const made = await notifications.createEndpoint(scope, actor, body);
      await audit.append({
        actor: actor.id,
        action: 'endpoint.create',
        subject: `endpoint:${made.endpoint.id}`,
        unitId: body.unit,
        origin: request.ip,
        detail: { ...body },
      });
      return made;
    },
  });
  addRoute(app, {
    method: 'PATCH',
    url: '/notification-endpoints/:id',
    tag,
    summary: 'Change an endpoint, or turn it on or off',
    action,
    params: idParams,
    body: updateEndpointBody,
    answer: endpointSchema,
    handle: async ({ scope, actor, params, body, request }) => {
      const endpoint = await notifications.updateEndpoint(scope, params.id, body);
      await audit.append({
        actor: actor.id,
        action: 'endpoint.update',
        subject: `endpoint:${params.id}`,
        unitId: endpoint.unit.id,
        origin: request.ip,
        detail: { ...body },
      });
      return endpoint;
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/notification-endpoints/:id/secret',
    tag,
    summary: 'Give an endpoint a new secret; it is shown only here, and the old one signs nothing more',
    action,
    params: idParams,
    answer: endpointWithSecret,
    handle: async ({ scope, actor, params, request }) => {
      const made = await notifications.renewSecret(scope, params.id);
      const subject = `endpoint:${params.id}`;
      const unitId = made.endpoint.unit.id;
      await audit.append({ actor: actor.id, action: 'endpoint.secret', subject, unitId, origin: request.ip });
      return made;
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/notification-endpoints/:id/test',
    tag,
    summary: 'Send a test event to an endpoint',
    action,
    params: idParams,
    answer: channelTestResult,
    handle: ({ scope, params }) => notifications.testEndpoint(scope, params.id),
  });
  addRoute(app, {
    method: 'DELETE',
    url: '/notification-endpoints/:id',
    tag,
    summary: 'Remove an endpoint; what waits for it becomes undeliverable',
    action,
    params: idParams,
    answer: z.void(),
    status: 204,
    handle: async ({ scope, actor, params, request }) => {
      await notifications.removeEndpoint(scope, params.id);
      const subject = `endpoint:${params.id}`;
      await audit.append({ actor: actor.id, action: 'endpoint.remove', subject, origin: request.ip });
    },
  });
}

function addDeadLetterRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { notifications, audit } = features;
  const tag = 'dead letters';
  addRoute(app, {
    method: 'GET',
    url: '/dead-letters',
    tag,
    summary: 'Messages that could not be delivered, with reason and attempts',
    action,
    query: deadLettersQuery,
    answer: deadLettersPage,
    handle: ({ scope, query }) => notifications.listDead(scope, query),
  });
  addRoute(app, {
    method: 'POST',
    url: '/dead-letters/resend',
    tag,
    summary: 'Try these once more',
    action,
    body: deadLetterIds,
    answer: deadLettersResult,
    handle: async ({ scope, actor, body, request }) => {
      const changed = await notifications.resend(scope, actor, body.ids);
      const detail = { ids: body.ids };
      await audit.append({ actor: actor.id, action: 'letter.resend', subject: 'letters', origin: request.ip, detail });
      return { changed };
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/dead-letters/discard',
    tag,
    summary: 'Give these up for good',
    action,
    body: discardDeadLettersBody,
    answer: deadLettersResult,
    handle: async ({ scope, actor, body, request }) => {
      const changed = await notifications.discard(scope, actor, body.ids);
      await audit.append({
        actor: actor.id,
        action: 'letter.discard',
        subject: 'letters',
        reason: body.reason,
        origin: request.ip,
        detail: { ids: body.ids },
      });
      return { changed };
    },
  });
}
