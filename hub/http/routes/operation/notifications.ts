import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  notificationSettings,
  notificationSettingsBody,
  notificationsPage,
  notificationsQuery,
  previewResult,
  readNotificationsBody,
  subscriptionBody,
  subscriptionSchema,
  unreadResult,
} from '../../../../protocols/api/operation/notifications.ts';
import type { RouteContext } from '../../context.ts';
import { addRoute, requireSession } from '../../route.ts';
import { idParams } from '../params.ts';

/** What you are told of problems, and how you want to be told. A token reads it; only a person changes it. */
export function addNotificationRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { notifications, audit } = features;
  addRoute(app, {
    method: 'GET',
    url: '/notifications',
    tag: 'notifications',
    summary: 'What stands behind your bell, newest first',
    action: 'read',
    query: notificationsQuery,
    answer: notificationsPage,
    handle: ({ actor, query }) => notifications.listMine(actor, query),
  });
  addRoute(app, {
    method: 'POST',
    url: '/notifications/read',
    tag: 'notifications',
    summary: 'Mark these, or all, as read',
    action: 'read',
    body: readNotificationsBody,
    answer: unreadResult,
    handle: ({ actor, body }) => {
      requireSession(actor);
      return notifications.markRead(actor, body.ids);
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/notifications/settings',
    tag: 'notifications',
    summary: 'How you are told',
    action: 'read',
    answer: notificationSettings,
    handle: ({ actor }) => notifications.settings(actor),
  });
  addRoute(app, {
    method: 'PATCH',
    url: '/notifications/settings',
    tag: 'notifications',
    summary: 'Your language, time zone and id at Zalo',
    action: 'read',
    body: notificationSettingsBody,
    answer: notificationSettings,
    handle: async ({ actor, body, request }) => {
      // A token that leaked must not lead messages to somebody else.
      requireSession(actor);
      const settings = await notifications.changeSettings(actor, body);
      await audit.append({
        actor: actor.id,
        action: 'notification.settings',
        subject: `person:${actor.id}`,
        origin: request.ip,
        detail: { ...body },
      });
      return settings;
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/notifications/subscriptions',
    tag: 'notifications',
    summary: 'Be told of problems in a part of the organisation, by a channel',
    action: 'read',
    body: subscriptionBody,
    answer: subscriptionSchema,
    status: 201,
    handle: ({ scope, actor, body }) => {
      requireSession(actor);
      return notifications.subscribe(scope, actor, body);
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/notifications/subscriptions/preview',
    tag: 'notifications',
    summary: 'What the last week would have been with this subscription',
    action: 'read',
    body: subscriptionBody,
    answer: previewResult,
    handle: ({ scope, actor, body }) => notifications.preview(scope, actor, body),
  });
  addRoute(app, {
    method: 'PATCH',
    url: '/notifications/subscriptions/:id',
    tag: 'notifications',
    summary: 'Change a subscription of yours; the body is the whole of it',
    action: 'read',
    params: idParams,
    body: subscriptionBody,
    answer: subscriptionSchema,
    handle: ({ scope, actor, params, body }) => {
      requireSession(actor);
      return notifications.changeSubscription(scope, actor, params.id, body);
    },
  });
  addRoute(app, {
    method: 'DELETE',
    url: '/notifications/subscriptions/:id',
    tag: 'notifications',
    summary: 'End a subscription of yours',
    action: 'read',
    params: idParams,
    answer: z.void(),
    status: 204,
    handle: ({ actor, params }) => {
      requireSession(actor);
      return notifications.unsubscribe(actor, params.id);
    },
  });
}
