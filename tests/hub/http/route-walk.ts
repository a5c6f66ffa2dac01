import { randomUUID } from 'node:crypto';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { z } from 'zod';

/** `other` stands in the reader's school and is another supplier's. */
export type Place = 'own' | 'foreign' | 'missing' | 'other';
export const places: readonly Place[] = ['own', 'foreign', 'missing'];

/** Ids that lie in the reader's school, in another, and nowhere. */
const unitAt: Readonly<Record<Place, number>> = { own: 2, other: 2, foreign: 3, missing: 99 };

interface Sample {
  readonly query?: (place: Place) => Readonly<Record<string, string>>;
  readonly body?: (place: Place) => unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const key = (place: Place) => ({ id: `${place}-key`, rawId: 'AA', type: 'public-key', clientExtensionResults: {} });
const signed = { clientDataJSON: 'AA', authenticatorData: 'AA', signature: 'AA' };

const hotRule = {
  name: 'Phòng nóng',
  title: { vi: 'Thiết bị nóng', en: 'The device is hot' },
  next: { vi: 'Bật quạt của phòng.', en: 'Turn on the fan of the room.' },
  severity: 'minor',
  condition: { source: { kind: 'metric', metric: 'temperature.celsius' }, operator: 'above', threshold: 60 },
};

const morning = {
  kind: 'schedule',
  steps: [
    {
      trigger: { kind: 'timetable', edge: 'first-start', offsetMinutes: -10 },
      command: { capability: 'power', name: 'on' },
    },
  ],
};

const mute = { capability: 'volume', name: 'mute', args: { muted: true } };

/**
 * What a route needs besides ids in its path and query. A route with a body must have its line here; all others are
 * walked without one.
 */
export const samples: Readonly<Record<string, Sample>> = {
  'POST /api/auth/sign-in/email': { body: () => ({ email: 'an@school.example', password: 'right password' }) },
  'POST /api/auth/change-password': { body: () => ({ currentPassword: 'old', newPassword: 'a long new password' }) },
  'POST /api/auth/sign-in/two-factor': { body: () => ({ code: '123456' }) },
  'POST /api/auth/two-factor/enable': { body: () => ({ password: 'right password' }) },
  'POST /api/auth/two-factor/confirm': { body: () => ({ code: '123 456' }) },
  'POST /api/auth/two-factor/disable': { body: () => ({ password: 'right password' }) },
  'POST /api/auth/two-factor/backup-codes': { body: () => ({ password: 'right password' }) },
  'POST /api/auth/sign-in/passkey': { body: (place) => ({ response: { ...key(place), response: signed } }) },
  'POST /api/auth/passkeys/begin': { body: () => ({ password: 'right password' }) },
  'POST /api/auth/passkeys': {
    body: () => ({ name: 'Điện thoại', response: { ...key('own'), response: { ...signed, attestationObject: 'AA' } } }),
  },
  'POST /api/auth/passkeys/remove': { body: (place) => ({ id: `${place}-passkey`, password: 'right password' }) },
  'POST /api/v1/tokens': { body: (place) => ({ name: 'reports', actions: ['read'], unit: unitAt[place] }) },
  'POST /api/v1/units': { body: (place) => ({ parent: unitAt[place], kind: 'room', name: 'Phòng 7' }) },
  'POST /api/v1/units/:id/change': {
    body: () => ({ change: { kind: 'rename', name: 'Trường mới' }, reason: 'quyết định số 12' }),
  },
  'POST /api/v1/imports/units': { query: () => ({ file: 'truong.csv' }) },
  'POST /api/v1/imports/calendar': { query: () => ({ file: 'lich.csv' }) },
  'POST /api/v1/units/:id/calendar': { body: () => ({ layer: {}, basedOn: 0, reason: 'năm học mới' }) },
  'POST /api/v1/units/:id/calendar/restore': { body: () => ({ version: 0, basedOn: 0, reason: 'nhầm năm' }) },
  'GET /api/v1/units/:id/calendar/export': { query: () => ({ as: 'csv' }) },
  'POST /api/v1/imports/site': { query: () => ({ file: 'truong.xlsx' }) },
  'POST /api/v1/imports/:id/undo': { body: () => ({ reason: 'nhập nhầm tệp' }) },
  'POST /api/v1/energy-classes': {
    body: () => ({ name: 'projection', onWatts: 200, standbyWatts: 1, reason: 'đo tại trường' }),
  },
  'POST /api/v1/units/:id/configuration': {
    body: () => ({ changes: [{ key: 'volume.level', value: 40 }], reason: 'quy định của trường' }),
  },
  'POST /api/v1/devices/:id/configuration': {
    body: () => ({ changes: [{ key: 'volume.level', value: 40 }], reason: 'phòng ồn' }),
  },
  'POST /api/v1/configuration/changes/:id/revert': { body: () => ({ reason: 'đặt nhầm' }) },
  'POST /api/v1/devices': { body: (place) => ({ agent: `${place}-agent`, family: 'thing', name: 'Bảng' }) },
  'PATCH /api/v1/devices/:id': { body: () => ({ name: 'Bảng' }) },
  'POST /api/v1/devices/:id/commands': { body: () => ({ capability: 'power', name: 'on' }) },
  'POST /api/v1/devices/:id/commands/check': { body: () => ({ capability: 'power', name: 'on' }) },
  'POST /api/v1/command-batches/check': {
    body: (place) => ({ ...mute, target: { unit: unitAt[place] } }),
  },
  'POST /api/v1/command-batches': {
    body: (place) => ({ ...mute, target: { unit: unitAt[place] }, reason: 'ngày đầu tuần' }),
  },
  'POST /api/v1/command-batches/:id/decide': { body: () => ({ decision: 'approve' }) },
  'POST /api/v1/problems/work': { body: (place) => ({ action: 'acknowledge', ids: [`${place}-device`] }) },
  'POST /api/v1/maintenance-windows': {
    body: (place) => ({
      unit: unitAt[place],
      name: 'Bảo trì phòng máy',
      startsAt: '2026-03-01T00:00:00Z',
      endsAt: new Date(Date.now() + 86_400_000).toISOString(),
    }),
  },
  'POST /api/v1/problem-rules': { body: (place) => ({ ...hotRule, unit: unitAt[place] }) },
  'PATCH /api/v1/problem-rules/:id': { body: (place) => ({ ...hotRule, unit: unitAt[place] }) },
  'POST /api/v1/problem-rules/preview': {
    body: (place) => ({ unit: unitAt[place], filter: {}, condition: hotRule.condition }),
  },
  'POST /api/v1/escalation': {
    body: (place) => ({ unit: unitAt[place], steps: [{ afterMinutes: 30, least: 'major' }], workingTime: true }),
  },
  'POST /api/v1/proposals/adopt': { body: (place) => ({ items: [{ proposal: `${place}-proposal` }] }) },
  'POST /api/v1/proposals/refuse': { body: (place) => ({ proposals: [`${place}-proposal`] }) },
  'POST /api/v1/vouchers': { body: (place) => ({ unit: unitAt[place] }) },
  'POST /api/v1/vouchers/batch': { body: (place) => ({ unit: unitAt[place], label: 'Tháng 9', count: 2 }) },
  'POST /api/v1/vouchers/revoke': { body: (place) => ({ vouchers: [`${place}-voucher`] }) },
  'POST /api/v1/vouchers/extend': { body: (place) => ({ vouchers: [`${place}-voucher`], reason: 'máy chờ mạng' }) },
  'POST /api/v1/vouchers/print': { body: (place) => ({ codes: [`${place}-code`] }) },
  'POST /api/v1/conflicts/:id/resolve': { body: () => ({ decision: 'dismiss', reason: 'a known repair' }) },
  'POST /api/v1/agents/:id/access': { body: () => ({ status: 'active', reason: 'it was found again' }) },
  'POST /api/v1/people': {
    body: (place) => ({
      name: 'Lê Văn An',
      email: `${randomUUID()}@school.example`,
      grants: [{ role: 'school-it', unit: unitAt[place] }],
    }),
  },
  'PATCH /api/v1/people/:id': { body: () => ({ name: 'Lê Văn An' }) },
  'POST /api/v1/notifications/read': { body: () => ({}) },
  'PATCH /api/v1/notifications/settings': { body: () => ({ language: 'vi' }) },
  'POST /api/v1/notifications/subscriptions': { body: (place) => ({ unit: unitAt[place], channel: 'in-app' }) },
  'POST /api/v1/notifications/subscriptions/preview': { body: (place) => ({ unit: unitAt[place], channel: 'in-app' }) },
  'PATCH /api/v1/notifications/subscriptions/:id': { body: () => ({ channel: 'in-app' }) },
  'POST /api/v1/notification-channels/zalo/link': { body: () => ({ refreshToken: 'a-refresh-token' }) },
  'POST /api/v1/notification-endpoints': {
    body: (place) => ({ name: 'ticket', url: 'https://ticket.example/hook', unit: unitAt[place] }),
  },
  'PATCH /api/v1/notification-endpoints/:id': { body: () => ({ name: 'ticket' }) },
  'POST /api/v1/dead-letters/resend': { body: (place) => ({ ids: [`${place}-letter`] }) },
  'POST /api/v1/dead-letters/discard': { body: (place) => ({ ids: [`${place}-letter`], reason: 'đã xử lý' }) },
  'POST /api/v1/policies/check': { body: (place) => ({ unit: unitAt[place], body: morning }) },
  'POST /api/v1/policies': { body: (place) => ({ unit: unitAt[place], name: 'Bật bảng', body: morning }) },
  'PATCH /api/v1/policies/:id': { body: () => ({ basedOn: 1, enabled: false }) },
  'POST /api/v1/releases': {
    body: () => ({
      component: 'device-firmware',
      name: 'thing',
      version: '2.0',
      releaseCounter: 2,
      file: 'thing.bin',
      length: 5,
      sha256: 'a'.repeat(64),
    }),
  },
  'POST /api/v1/releases/metadata': { body: () => ({ role: 'root', text: '{}' }) },
  'POST /api/v1/releases/:id/preflight': { body: () => ({}) },
  'PATCH /api/v1/releases/:id/content': {
    headers: { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' },
  },
  'POST /api/v1/suppliers': { body: () => ({ code: 'VT', name: 'Viettel' }) },
  'PATCH /api/v1/suppliers/:id': { body: () => ({ contact: '0255 3000 000' }) },
  'GET /api/v1/pictures/:id': { query: () => ({ purpose: 'look at the board' }) },
  'GET /api/v1/devices/:id/telemetry': {
    query: () => ({ metric: 'lamp.hours', from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' }),
  },
};

/** Routes whose id is a person's own, not a place's. */
export const ofOneself = new Set([
  'DELETE /api/v1/tokens/:id',
  'POST /api/auth/passkeys/remove',
  // There is one register for all.
  'PATCH /api/v1/suppliers/:id',
]);

/** Routes for people alone: a token is refused. */
export const ofSession = new Set([
  'PATCH /api/v1/notifications/settings',
  'POST /api/v1/notifications/read',
  'POST /api/v1/notifications/subscriptions',
  'PATCH /api/v1/notifications/subscriptions/:id',
  'DELETE /api/v1/notifications/subscriptions/:id',
  'POST /api/v1/tokens',
  'POST /api/auth/change-password',
  'POST /api/auth/two-factor/enable',
  'POST /api/auth/two-factor/confirm',
  'POST /api/auth/two-factor/disable',
  'POST /api/auth/two-factor/backup-codes',
  'GET /api/auth/passkeys',
  'POST /api/auth/passkeys/begin',
  'POST /api/auth/passkeys',
  'POST /api/auth/passkeys/remove',
  'DELETE /api/v1/people/:id/two-factor',
  'POST /api/v1/people',
  'PATCH /api/v1/people/:id',
  'POST /api/v1/people/:id/password',
]);

export const methodOf = ({ method }: RouteOptions) => (Array.isArray(method) ? 'GET' : (method as 'GET'));
export const nameOf = (route: RouteOptions) => `${methodOf(route)} ${route.url}`;

/** Whether a request says by itself which part of the organisation it is about. */
export function namesPlaceInRequest(route: RouteOptions): boolean {
  const name = nameOf(route);
  if (ofOneself.has(name)) return false;
  const body = samples[name]?.body;
  const inBody = body !== undefined && JSON.stringify(body('own')) !== JSON.stringify(body('foreign'));
  return route.url.includes(':id') || inBody || Object.keys(scopeQuery(route.schema?.querystring, 'own')).length > 0;
}

/** One request with ids of a place in path, query and body; a stream is cut off after its head. */
export async function askRoute(
  app: FastifyInstance,
  route: RouteOptions,
  place: Place,
  headers: Readonly<Record<string, string>>,
) {
  const sample = samples[nameOf(route)];
  const { params, querystring, body: needsBody } = route.schema ?? {};
  const numeric = params instanceof z.ZodObject && params.safeParse({ id: '2' }).data?.['id'] === 2;
  const url = route.url.replace(':id', numeric ? String(unitAt[place]) : `${place}-device`).replace('*', 'x.js');
  const query = new URLSearchParams({ ...scopeQuery(querystring, place), ...sample?.query?.(place) });
  const body = sample?.body?.(place);
  const response = await app.inject({
    method: methodOf(route),
    url: `${url}?${query}`,
    headers: { ...headers, ...sample?.headers, ...(needsBody ? { 'content-type': 'application/json' } : {}) },
    payloadAsStream: true,
    ...(needsBody ? { payload: JSON.stringify(body ?? {}) } : {}),
  });
  const isStream = response.headers['content-type'] === 'text/event-stream';
  const chunks: Buffer[] = [];
  for await (const chunk of response.stream()) {
    chunks.push(Buffer.from(chunk as Buffer));
    if (isStream) break;
  }
  return {
    status: response.statusCode,
    text: isStream ? '' : Buffer.concat(chunks).toString(),
    headers: response.headers,
  };
}

/** Keys of a query that name a place are filled in by themselves. */
function scopeQuery(querystring: unknown, place: Place): Record<string, string> {
  const keys = querystring instanceof z.ZodObject ? Object.keys(querystring.shape) : [];
  return {
    ...(keys.includes('unit') ? { unit: String(unitAt[place]) } : {}),
    ...(keys.includes('device') ? { device: `${place}-device` } : {}),
  };
}
