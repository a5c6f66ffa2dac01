import { z } from 'zod';
import {
  channelTestResult,
  deadLettersPage,
  deadLettersResult,
  type endpointBody,
  endpointSchema,
  endpointsList,
  endpointWithSecret,
  notificationChannels,
  type updateEndpointBody,
} from '../../../../protocols/api/operation/notification-channels.ts';
import {
  notificationSettings,
  type notificationSettingsBody,
  notificationsPage,
  previewResult,
  type subscriptionBody,
  subscriptionSchema,
  unreadResult,
} from '../../../../protocols/api/operation/notifications.ts';
import type { ListQuery } from './api.ts';
import { ask } from './http.ts';

const root = '/api/v1';
const id = encodeURIComponent;

type Subscription = z.input<typeof subscriptionBody>;

/** What one is told, how one wants to be told, and the channels behind it. */
export const notificationsApi = {
  list: (query: ListQuery, signal?: AbortSignal) =>
    ask(`${root}/notifications`, { schema: notificationsPage, query, signal }),
  markRead: (ids?: readonly string[]) =>
    ask(`${root}/notifications/read`, { method: 'POST', body: ids ? { ids } : {}, schema: unreadResult }),
  settings: (signal?: AbortSignal) => ask(`${root}/notifications/settings`, { schema: notificationSettings, signal }),
  changeSettings: (body: z.input<typeof notificationSettingsBody>) =>
    ask(`${root}/notifications/settings`, { method: 'PATCH', body, schema: notificationSettings }),
  subscribe: (body: Subscription) =>
    ask(`${root}/notifications/subscriptions`, { method: 'POST', body, schema: subscriptionSchema }),
  changeSubscription: (subscription: string, body: Subscription) =>
    ask(`${root}/notifications/subscriptions/${id(subscription)}`, {
      method: 'PATCH',
      body,
      schema: subscriptionSchema,
    }),
  unsubscribe: (subscription: string) =>
    ask(`${root}/notifications/subscriptions/${id(subscription)}`, { method: 'DELETE', schema: z.undefined() }),
  preview: (body: Subscription) =>
    ask(`${root}/notifications/subscriptions/preview`, { method: 'POST', body, schema: previewResult }),

  channels: (signal?: AbortSignal) => ask(`${root}/notification-channels`, { schema: notificationChannels, signal }),
  testMail: () =>
    ask(`${root}/notification-channels/mail/test`, { method: 'POST', body: {}, schema: channelTestResult }),
  linkZalo: (refreshToken: string) =>
    ask(`${root}/notification-channels/zalo/link`, { method: 'POST', body: { refreshToken }, schema: z.undefined() }),
  testZalo: () =>
    ask(`${root}/notification-channels/zalo/test`, { method: 'POST', body: {}, schema: channelTestResult }),
  endpoints: (signal?: AbortSignal) => ask(`${root}/notification-endpoints`, { schema: endpointsList, signal }),
  createEndpoint: (body: z.input<typeof endpointBody>) =>
    ask(`${root}/notification-endpoints`, { method: 'POST', body, schema: endpointWithSecret }),
  updateEndpoint: (endpoint: string, body: z.input<typeof updateEndpointBody>) =>
    ask(`${root}/notification-endpoints/${id(endpoint)}`, { method: 'PATCH', body, schema: endpointSchema }),
  renewSecret: (endpoint: string) =>
    ask(`${root}/notification-endpoints/${id(endpoint)}/secret`, {
      method: 'POST',
      body: {},
      schema: endpointWithSecret,
    }),
  testEndpoint: (endpoint: string) =>
    ask(`${root}/notification-endpoints/${id(endpoint)}/test`, {
      method: 'POST',
      body: {},
      schema: channelTestResult,
    }),
  removeEndpoint: (endpoint: string) =>
    ask(`${root}/notification-endpoints/${id(endpoint)}`, { method: 'DELETE', schema: z.undefined() }),
  deadLetters: (query: ListQuery, signal?: AbortSignal) =>
    ask(`${root}/dead-letters`, { schema: deadLettersPage, query, signal }),
  resend: (ids: readonly string[]) =>
    ask(`${root}/dead-letters/resend`, { method: 'POST', body: { ids }, schema: deadLettersResult }),
  discard: (ids: readonly string[], reason: string) =>
    ask(`${root}/dead-letters/discard`, { method: 'POST', body: { ids, reason }, schema: deadLettersResult }),
} as const;
