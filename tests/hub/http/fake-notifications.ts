import { inScope, NotFoundError, type Scope } from '../../../hub/access/index.ts';
import type { Features } from '../../../hub/http/index.ts';

const at = '2026-03-02T00:00:00.000Z';

interface Places {
  within<T>(scope: Scope, id: string, value: T): T;
  writing<T>(name: string, value: T): T;
  readonly school: { readonly id: number; readonly name: string; readonly kind: 'school' };
  readonly paths: Readonly<Record<number, string>>;
}

/** Notifications of the two schools of fake-features.ts. */
export function fakeNotifications({ within, writing, school, paths }: Places): Features['notifications'] {
  const subscription = {
    id: 'own-subscription',
    channel: 'in-app' as const,
    severity: 'major' as const,
    digest: { every: 'none' as const, at: '07:00' },
  };
  const settings = {
    language: 'vi' as const,
    timeZone: 'Asia/Ho_Chi_Minh',
    email: 'an@school.example',
    channels: ['in-app' as const],
    subscriptions: [subscription],
    standard: 'major' as const,
  };
  const endpoint = (id: string) => ({
    id,
    name: id,
    url: 'https://x.example/',
    unit: school,
    severity: 'minor' as const,
    createdAt: at,
    enabled: true,
  });
  const requirePlace = (scope: Scope, unit: number | undefined) => {
    if (unit !== undefined && !inScope(scope, paths[unit] ?? '-')) throw new NotFoundError();
  };
  const mine = (id: string) => {
    if (!id.startsWith('own')) throw new NotFoundError();
  };
  return {
    listMine: async () => ({ rows: [], total: 0, unread: 0 }),
    markRead: async () => writing('read-notifications', { unread: 0 }),
    settings: async () => settings,
    changeSettings: async () => writing('change-notification-settings', settings),
    subscribe: async (scope, _actor, { unit }) => {
      requirePlace(scope, unit);
      return writing('subscribe', subscription);
    },
    changeSubscription: async (scope, _actor, id, { unit }) => {
      requirePlace(scope, unit);
      mine(id);
      return writing('change-subscription', subscription);
    },
    unsubscribe: async (_actor, id) => {
      mine(id);
      writing('unsubscribe', undefined);
    },
    preview: async (scope, _actor, { unit }) => {
      requirePlace(scope, unit);
      return { messages: 0, causes: 0, spared: 0, days: [] };
    },
    channelsStanding: async () => ({
      mail: { isSetUp: false },
      zalo: { isSetUp: false, isLinked: false },
      webhooks: { allowHttp: false, allowPrivate: false },
      waiting: 0,
      dead: 0,
      sentLastDay: 0,
    }),
    testMail: async () => writing('test-mail', { ok: true }),
    linkZalo: async () => writing('link-zalo', undefined),
    testZalo: async () => writing('test-zalo', { ok: true }),
    listEndpoints: async () => [],
    createEndpoint: async (scope, _actor, { unit }) => {
      requirePlace(scope, unit);
      return writing('create-endpoint', { endpoint: endpoint('own-endpoint'), secret: 'whsec_x' });
    },
    updateEndpoint: async (scope, id) => writing('update-endpoint', within(scope, id, endpoint(id))),
    renewSecret: async (scope, id) =>
      writing('renew-secret', within(scope, id, { endpoint: endpoint(id), secret: 'whsec_x' })),
    removeEndpoint: async (scope, id) => writing('remove-endpoint', within(scope, id, undefined)),
    testEndpoint: async (scope, id) => writing('test-endpoint', within(scope, id, { ok: true })),
    listDead: async () => ({ rows: [], total: 0 }),
    resend: async (scope, _actor, ids) => {
      for (const id of ids) within(scope, id, undefined);
      return writing('resend', ids.length);
    },
    discard: async (scope, _actor, ids) => {
      for (const id of ids) within(scope, id, undefined);
      return writing('discard', ids.length);
    },
  };
}
