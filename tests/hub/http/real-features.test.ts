import fc from 'fast-check';
import type { RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allows } from '../../../hub/access/permissions.ts';
import type { HttpServer } from '../../../hub/http/index.ts';
import { meSchema, roleSchema } from '../../../protocols/api/access/session.ts';
import { auditPage } from '../../../protocols/api/audit.ts';
import { devicesPage } from '../../../protocols/api/devices.ts';
import { systemClock as clock } from '../../../provisioning/platform/clock.ts';
import { openTestStore, seedDevice, type TestStore } from '../../support/hub-store.ts';
import { totpCode } from '../../support/totp.ts';
import { emailOf, openHub, password } from './real-hub.ts';
import { askRoute, methodOf, nameOf, ofOneself, ofSession, type Place, places } from './route-walk.ts';

describe('the HTTP API over the real features', () => {
  const stack = new AsyncDisposableStack();
  const authorization = new Map<string, string>();
  const cookies = new Map<string, string>();
  let opened: TestStore;
  let server: HttpServer;
  let hub: Awaited<ReturnType<typeof openHub>>;

  beforeAll(async () => {
    opened = stack.use(await openTestStore(clock));
    hub = await openHub(opened.store, stack);
    ({ server } = hub);
    for (const role of roleSchema.options) {
      const user = await hub.access.ensureUser({ email: emailOf(role), name: role, password, role, unitId: 2 });
      // Whose devices are seen: those of `own-device`, and none of the school's other ones.
      if (role === 'supplier')
        await opened.store.db
          .updateTable('role_grant')
          .set({ supplier_id: 1, until: new Date(Date.now() + 86_400_000) })
          .where('user_id', '=', user.id)
          .execute();
      const { token } = await hub.access.createToken(user.id, { name: 'walk' });
      authorization.set(role, `Bearer ${token}`);
    }
    const root = await hub.access.ensureUser({
      email: 'root@school.example',
      name: 'root',
      password,
      role: 'province-admin',
      unitId: 1,
    });
    for (const role of roleSchema.options) {
      const signedIn = await hub.access.signIn({ email: emailOf(role), password, address: '10.0.0.1', userAgent: '' });
      cookies.set(role, signedIn.cookies.map((cookie) => cookie.split(';')[0]).join('; '));
    }
    authorization.set('root', `Bearer ${(await hub.access.createToken(root.id, { name: 'walk' })).token}`);
  }, 120_000);
  afterAll(() => stack.disposeAsync(), 60_000);

  const as = (who: string) => ({ authorization: authorization.get(who) ?? '' });
  const inPerson = (role: string) => ({ cookie: cookies.get(role) ?? '', origin: 'http://fleet.example' });
  const closed = () => server.routes.filter(({ method, config }) => method !== 'HEAD' && !config?.open);

  it('signs a person in by cookie, tells who they are, and signs them out', async () => {
    const origin = 'http://fleet.example';
    const headers = { 'content-type': 'application/json', origin };
    const signIn = (secret: string) =>
      server.app.inject({
        method: 'POST',
        url: '/api/auth/sign-in/email',
        headers,
        payload: { email: emailOf('school-it'), password: secret },
      });
    expect((await signIn('not the password')).json()).toMatchObject({ status: 401, code: 'wrong-credentials' });
    const signedIn = await signIn(password);
    expect(signedIn.statusCode).toBe(200);
    const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? '';
    const get = (url: string) => server.app.inject({ url, headers: { cookie } });
    const me = meSchema.parse((await get('/api/v1/me')).json());
    expect(me.grants).toEqual([{ role: 'school-it', unit: { id: 2, name: 'Trường mình', kind: 'school' } }]);
    expect((await get('/api/auth/get-session')).json()).toMatchObject({ user: { email: emailOf('school-it') } });
    const devices = devicesPage.parse((await get('/api/v1/devices')).json());
    expect(devices.rows.map(({ id }) => id)).toEqual(['own-device']);
    await server.app.inject({ method: 'POST', url: '/api/auth/sign-out', headers: { cookie, origin } });
    expect((await get('/api/v1/me')).statusCode).toBe(401);
    expect((await get('/api/auth/get-session')).json()).toBeNull();
  });

  it('signs a person in by two steps once they have an authenticator, and writes no secret down', async () => {
    const email = 'two@school.example';
    await hub.access.ensureUser({ email, name: 'two', password, role: 'school-it', unitId: 2 });
    const post = (url: string, payload: object, cookie = '') =>
      server.app.inject({
        method: 'POST',
        url: `/api/auth/${url}`,
        headers: { origin: 'http://fleet.example', ...(cookie === '' ? {} : { cookie }) },
        payload,
      });
    const cookieOf = (response: Awaited<ReturnType<typeof post>>) =>
      response.cookies.map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('; ');
    const session = cookieOf(await post('sign-in/email', { email, password }));
    const { secret, backupCodes } = (await post('two-factor/enable', { password }, session)).json();
    const confirmed = await post('two-factor/confirm', { code: totpCode(secret, Date.now() - 30_000) }, session);
    expect(confirmed.json()).toEqual({ success: true });
    const first = await post('sign-in/email', { email, password });
    expect([first.statusCode, first.json()]).toEqual([202, { twoFactor: true }]);
    const pending = cookieOf(first);
    const me = (cookie: string) => server.app.inject({ url: '/api/v1/me', headers: { cookie } });
    expect((await me(pending)).statusCode).toBe(401);
    expect((await post('sign-in/two-factor', { code: '123456' })).json()).toMatchObject({ code: 'sign-in-expired' });
    expect((await post('sign-in/two-factor', { code: '12345' }, pending)).statusCode).toBe(422);
    expect((await post('sign-in/two-factor', { code: 'aaaaa-aaaaa' }, pending)).json()).toMatchObject({
      code: 'wrong-code',
    });
    const done = await post('sign-in/two-factor', { code: ` ${backupCodes[0].toUpperCase()} ` }, pending);
    expect(done.json()).toMatchObject({ user: { email } });
    expect((await me(cookieOf(done))).json()).toMatchObject({ twoFactor: true });
    const { rows } = auditPage.parse(
      (await server.app.inject({ url: '/api/v1/audit?limit=200', headers: as('root') })).json(),
    );
    expect(rows.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['two-factor.enable', 'sign-in.first-step', 'sign-in.succeed']),
    );
    for (const hidden of [secret, backupCodes[0]]) expect(JSON.stringify(rows)).not.toContain(hidden);
  });

  it('answers every reading of what is one’s own, and tells what is foreign like what is missing', async () => {
    for (const route of closed()) {
      const name = nameOf(route);
      // About one's own password and second factor: no place is in them.
      if (route.url.startsWith('/api/auth/')) continue;
      for (const role of roleSchema.options) {
        const answers = new Map(
          await Promise.all(
            places.map(async (place) => {
              const who = ofSession.has(name) && !ofOneself.has(name) ? inPerson(role) : as(role);
              return [place, await askRoute(server.app, route, place, who)] as const;
            }),
          ),
        );
        const told = `${name} as ${role}: ${answers.get('own')?.text.slice(0, 300)}`;
        for (const { status } of answers.values()) expect(status, told).toBeLessThan(500);
        const [foreign, missing] = (['foreign', 'missing'] as const).map((place) => {
          const answer = answers.get(place);
          return { status: answer?.status, text: answer?.text.replaceAll(place, 'PLACE') };
        });
        expect(foreign, told).toEqual(missing);
        if (role === 'supplier' && allows(role, route.config?.action ?? 'read')) continue;
        if (!allows(role, route.config?.action ?? 'read')) expect(answers.get('own')?.status, told).toBe(403);
        else if (methodOf(route) === 'GET') expect(answers.get('own')?.status, told).toBe(200);
        if (allows(role, route.config?.action ?? 'read') && route.url.includes(':id') && !ofOneself.has(name))
          expect(foreign?.status, told).toBe(404);
      }
    }
  });

  it('changes what is one’s own, and writes it down in a sound chain', async () => {
    const { rows } = auditPage.parse(
      (await server.app.inject({ url: '/api/v1/audit?limit=200', headers: as('root') })).json(),
    );
    const done = new Set(rows.map(({ action }) => action));
    for (const action of [
      'sign-in.succeed',
      'sign-in.fail',
      'sign-out',
      'picture.view',
      'unit.create',
      'device.update',
      'proposal.adopt',
      'voucher.create',
      'voucher.create-batch',
      'agent.release',
      'person.create',
      'person.update',
      'password.reset',
      'command.create',
      'command.bulk',
      'command.bulk-cancel',
    ])
      expect([...done], action).toContain(action);
    expect(rows.find(({ action }) => action === 'picture.view')).toMatchObject({ reason: 'look at the board' });
    expect(JSON.stringify(rows)).not.toContain(password);
    const school = auditPage.parse(
      (await server.app.inject({ url: '/api/v1/audit?limit=200', headers: as('auditor') })).json(),
    );
    expect(new Set(school.rows.map(({ unit }) => unit?.name))).toContain('Trường mình');
    expect(JSON.stringify(school.rows)).not.toContain('Trường khác');
    expect(await hub.audit.verify(new AbortController().signal)).toMatchObject({ ok: true });
  });

  it('survives any query and any body', async () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom(
        'own-device',
        '2',
        '3',
        '99',
        '-1',
        '1e99',
        'name',
        '-since',
        '-health',
        'ok',
        'Bảng',
        "'",
        '%',
        '_',
        '\\',
      ),
      // Cursors of the right form with values of the wrong one.
      fc
        .array(fc.oneof(fc.string(), fc.double(), fc.constant(1e300)), { minLength: 2, maxLength: 2 })
        .map((pair) => Buffer.from(JSON.stringify(pair)).toString('base64url')),
    );
    const key = fc.constantFrom(
      'cursor',
      'limit',
      'q',
      'unit',
      'sort',
      'parent',
      'kind',
      'agent',
      'family',
      'health',
      'capability',
      'lifecycle',
      'status',
      'state',
      'actor',
      'code',
    );
    const query = fc.dictionary(key, word, { maxKeys: 3 });
    const telemetry = { metric: 'lamp.hours', from: '0000-01-01T00:00:00Z', to: '9999-12-31T23:59:59.999Z' };
    const routes = closed().filter(({ url }) => !url.endsWith('/live') && !url.startsWith('/api/auth/'));
    await fc.assert(
      fc.asyncProperty(fc.nat(), word, query, fc.jsonValue(), async (index, id, values, body) => {
        const route = routes[index % routes.length];
        if (!route || id === '' || !id.isWellFormed()) return;
        const method = methodOf(route);
        const more = route.url.endsWith('/telemetry') ? telemetry : {};
        const response = await server.app.inject({
          method,
          url: `${route.url.replace(':id', encodeURIComponent(id))}?${new URLSearchParams({ ...values, ...more })}`,
          headers: {
            ...as('root'),
            ...(method === 'GET' || method === 'DELETE' ? {} : { 'content-type': 'application/json' }),
          },
          ...(method === 'GET' || method === 'DELETE' ? {} : { payload: JSON.stringify(body) }),
        });
        expect(response.statusCode, `${nameOf(route)} ${JSON.stringify(values)} ${response.body}`).toBeLessThan(500);
      }),
      { numRuns: 600 },
    );
  }, 60_000);

  it('goes on after a cursor that is none of its lists, of any list, without failing', async () => {
    const cursors = [
      ['x', 'y'],
      [1e300, 'a'],
      [-1, -1],
      ['', ''],
      [0, 9e99],
      ['9', 1],
    ].map((pair) => Buffer.from(JSON.stringify(pair)).toString('base64url'));
    for (const list of [
      'devices',
      'devices?sort=since',
      'devices?sort=-health',
      'agents',
      'agents?sort=lastSeen',
      'units',
      'proposals',
      'causes',
      'causes?state=resolved',
      'quarantine',
      'audit',
      'devices/own-device/events',
    ])
      for (const cursor of cursors) {
        const url = `/api/v1/${list}${list.includes('?') ? '&' : '?'}cursor=${cursor}`;
        const response = await server.app.inject({ url, headers: as('root') });
        expect([200, 422], `${url} ${response.body}`).toContain(response.statusCode);
      }
  });

  it('shows a supplier its own devices and nothing else of the place they stand in', async () => {
    const { db } = opened.store;
    const id = 'other-device';
    await seedDevice(opened.store, { id, agentId: 'own-device', unitId: 2 });
    await db.updateTable('device').set({ supplier_id: 2 }).where('id', '=', id).execute();
    const at = new Date();
    const later = new Date(at.getTime() + 3_600_000);
    const times = { created_at: at, updated_at: at, not_after: later, created_by: 'an' };
    const command = { id, agent_id: 'own-device', device_id: id, capability: 'snapshot', name: 'take', args: '{}' };
    await db
      .insertInto('command')
      .values({ ...command, ...times, state: 'succeeded' })
      .execute();
    const story = { unit_id: 2, agent_id: 'own-device', affected: 3, affected_peak: 3, evidence: '[]', opened_at: at };
    for (const [cause, device] of [
      ['own-cause', 'own-device'],
      ['other-cause', id],
      ['agent-cause', null],
    ] as const)
      await db
        .insertInto('cause')
        .values({ ...story, id: cause, kind: 'device-fault', code: 'EF-2001', device_id: device })
        .execute();
    await hub.registry.refresh('own-device');
    const ask = (route: RouteOptions, place: Place) => askRoute(server.app, route, place, as('supplier'));
    const closedToSuppliers: string[] = [];
    for (const route of closed()) {
      if (methodOf(route) !== 'GET' || route.url.startsWith('/api/auth/')) continue;
      if (!allows('supplier', route.config?.action ?? 'read') || ofOneself.has(nameOf(route))) continue;
      const [own, other, missing] = [await ask(route, 'own'), await ask(route, 'other'), await ask(route, 'missing')];
      const told = (answer: typeof own) => ({
        status: answer.status,
        text: answer.text.replaceAll(/other|missing/g, ''),
      });
      // Another supplier's device in the same school is told like one that is nowhere.
      const namesOne = route.url.includes(':id') && !/\/(units|imports|calendars)\//.test(route.url);
      if (namesOne || route.url.endsWith('/live')) expect(told(other), nameOf(route)).toEqual(told(missing));
      for (const { text } of [own, other]) {
        expect(text, nameOf(route)).not.toMatch(/(other|foreign|agent)-(device|cause|proposal)/);
        expect(text, nameOf(route)).not.toContain('Trường khác');
        expect(text, nameOf(route)).not.toMatch(/own-(proposal|conflict)/);
      }
      if (own.status === 404) closedToSuppliers.push(nameOf(route));
    }
    // What does not ask for devices stays closed, whoever writes it; what is about one device is open.
    for (const name of ['/agents/:id', '/units/:id/history', '/units/:id/calendar'])
      expect(closedToSuppliers).toContain(`GET /api/v1${name}`);
    expect(closedToSuppliers.filter((name) => /\/(devices|commands)\/:id/.test(name))).toEqual([]);
    const get = async (url: string) => (await server.app.inject({ url, headers: as('supplier') })).json();
    expect((await get('/api/v1/devices')).rows).toMatchObject([{ id: 'own-device', supplier: { name: 'Viettel' } }]);
    expect(await get('/api/v1/devices')).toMatchObject({ total: 1 });
    expect(await get('/api/v1/devices?q=other')).toMatchObject({ total: 0 });
    expect(await get('/api/v1/overview')).toMatchObject({
      devices: { total: 1 },
      agents: { total: 0 },
      proposals: { open: 0 },
      quarantine: { lastDay: 0 },
    });
    expect((await get('/api/v1/units/2')).counts).toEqual({ agents: 0, devices: 1, wrong: 0 });
    expect((await get('/api/v1/agents')).rows).toEqual([]);
    const { rows, total } = await get('/api/v1/causes?state=open');
    expect(rows).toHaveLength(total);
    expect(rows).toContainEqual(expect.objectContaining({ id: 'own-cause', affected: 1, affectedPeak: 1 }));
    for (const row of rows) expect([row.device.id, row.agent]).toEqual(['own-device', undefined]);
    const problems = await get('/api/v1/problems?state=open&limit=200');
    expect(problems.rows.map(({ id }: { id: string }) => id).sort()).toEqual(
      rows.map(({ id }: { id: string }) => id).sort(),
    );
    for (const row of problems.rows)
      expect([row.device.id, row.agent, row.comments]).toEqual(['own-device', undefined, 0]);
    expect((await get('/api/v1/problems/counts')).open).toBe(problems.total);
    expect((await get('/api/v1/problems/own-cause')).timeline).toEqual([]);
    // As many as were wished of it by the tests before, and none of another device.
    const wished = (await get('/api/v1/commands?limit=50')).rows.map(({ device }: { device: string }) => device);
    expect(new Set(wished)).toEqual(new Set(['own-device']));
    expect((await get('/api/v1/me')).grants).toMatchObject([{ role: 'supplier', supplier: { name: 'Viettel' } }]);

    // It ends by itself, and without a supplier it gives nothing.
    const user = (await get('/api/v1/me')).user.id;
    const set = async (values: { until?: Date; supplier_id?: number | null }) => {
      await db.updateTable('role_grant').set(values).where('user_id', '=', user).execute();
      hub.access.forget();
    };
    const status = async () =>
      (await server.app.inject({ url: '/api/v1/devices', headers: as('supplier') })).statusCode;
    expect(await status()).toBe(200);
    await set({ until: new Date(Date.now() - 1) });
    expect(await status()).toBe(403);
    await set({ until: new Date(Date.now() + 86_400_000), supplier_id: null });
    expect(await status()).toBe(403);
    await set({ supplier_id: 1 });
    expect(await status()).toBe(200);
  });
});
