import fc from 'fast-check';
import type { RouteOptions } from 'fastify';
import { Registry as Metrics } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccess } from '../../../hub/access/index.ts';
import { allows } from '../../../hub/access/permissions.ts';
import { createAudit } from '../../../hub/audit/index.ts';
import { createAvailability } from '../../../hub/availability/index.ts';
import { createCalendars } from '../../../hub/calendar/index.ts';
import { createCommands } from '../../../hub/commands/index.ts';
import { createConfigurations } from '../../../hub/configuration/index.ts';
import { createDocuments } from '../../../hub/documents/index.ts';
import { createEnrolment } from '../../../hub/enrolment/index.ts';
import { createBus } from '../../../hub/events/bus.ts';
import { codeOf, createHealth, type Health } from '../../../hub/health/index.ts';
import { createHistory } from '../../../hub/history/index.ts';
import { createHttpServer, type HttpServer } from '../../../hub/http/index.ts';
import { createNotifications, endpointPlace, notificationConfig } from '../../../hub/notifications/index.ts';
import { createOrganisation, createUnitImports, unitsTemplate } from '../../../hub/organisation/index.ts';
import { createPolicies } from '../../../hub/policies/index.ts';
import { createProblems } from '../../../hub/problems/index.ts';
import { createQuarantine } from '../../../hub/quarantine/index.ts';
import { createRegistry } from '../../../hub/registry/index.ts';
import { createSheetReader } from '../../../hub/sheets/index.ts';
import { createSiteImports } from '../../../hub/site/index.ts';
import { createSealer, type Store } from '../../../hub/store/index.ts';
import { createTelemetry, type Telemetry } from '../../../hub/telemetry/index.ts';
import { createTwin, type Twin } from '../../../hub/twin/index.ts';
import { meSchema, type Role, roleSchema } from '../../../protocols/api/access/session.ts';
import { auditPage } from '../../../protocols/api/audit.ts';
import { devicesPage } from '../../../protocols/api/devices.ts';
import { emptyCalendar } from '../../../protocols/fleet/calendar/calendar.ts';
import { momentOf } from '../../../protocols/fleet/calendar/moment.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { openAuthority } from '../../../provisioning/authority/index.ts';
import { systemClock as clock } from '../../../provisioning/platform/clock.ts';
import { openTestStore, seedAgent, seedDevice, type TestStore } from '../../support/hub-store.ts';
import { temporaryFolder } from '../../support/store.ts';
import { totpCode } from '../../support/totp.ts';
import { fakeReleases } from './fake-releases.ts';
import { askRoute, methodOf, nameOf, ofOneself, ofSession, type Place, places } from './route-walk.ts';

const password = 'một mật khẩu đủ dài';
const emailOf = (role: Role) => `${role}@school.example`;

/** The hub's own features over a fresh database with two schools, each with an agent, a device, a command and a proposal. */
async function openHub(store: Store, stack: AsyncDisposableStack) {
  const shared = { store, bus: createBus(silentLog), clock, log: silentLog };
  await seed(store);
  const organisation = stack.use(createOrganisation({ store, counts: (path, scope) => health.countsOf(path, scope) }));
  await organisation.load();
  const registry = stack.use(
    createRegistry({
      ...shared,
      organisation,
      sealer: createSealer(Buffer.alloc(32, 7)),
      facets: {
        verdictOf: (id) => health.verdictOf(id),
        agentVerdictOf: (id) => health.agentVerdictOf(id),
        reportedOf: (id) => twin.reported(id),
        descriptorOf: (id) => twin.inventoryOf(id),
        latestOf: (id) => telemetry.latestOf(id),
        lastReportAt: (id) => telemetry.lastReportAt(id),
      },
    }),
  );
  await registry.load();
  const twin: Twin = createTwin({ ...shared, registry });
  await twin.load();
  const telemetry: Telemetry = createTelemetry({ ...shared, retention: { raw: 1, fiveMinute: 1, hourly: 1 } });
  await telemetry.load();
  const quarantine = stack.use(createQuarantine(shared));
  const health: Health = stack.use(createHealth({ ...shared, registry, twin, organisation, quarantine }));
  await health.load();
  const audit = stack.use(createAudit(shared));
  const problems = stack.use(
    createProblems({
      ...shared,
      registry,
      organisation,
      calendarOf: () => emptyCalendar,
      codeOf,
      verdictOf: (id) => health.verdictOf(id),
      telemetry,
      audit,
    }),
  );
  await problems.load();
  const access = createAccess({ ...shared, secret: 's'.repeat(40), publicUrl: 'http://fleet.example' });
  const momentAt = (_unit: number, atMs: number) => momentOf(emptyCalendar, atMs);
  const commands = createCommands({ ...shared, registry, organisation, momentAt, audit });
  const enrolment = createEnrolment({
    ...shared,
    authority: await openAuthority({ folder: stack.use(temporaryFolder()).path, clock }),
    organisation,
    registry,
    audit,
    urls: { mqttUrl: 'mqtts://hub.example:8883', gatewayUrl: 'https://hub.example:8443' },
  });
  const documents = createDocuments(clock);
  const series = async (id: string, query: Parameters<Telemetry['series']>[1]) => {
    const device = registry.deviceOf(id);
    if (!device) throw new Error(`${id} is asked for only when it is there`);
    return telemetry.series(device, query);
  };
  const reader = createSheetReader(clock);
  const calendars = stack.use(createCalendars({ store, organisation, reader, clock }));
  await calendars.load();
  const imports = {
    ...createUnitImports({ store, organisation, reader, clock }),
    ...createSiteImports({ store, organisation, registry, reader, clock }),
    template: () => unitsTemplate(),
  };
  const notifications = stack.use(
    await createNotifications({
      ...shared,
      organisation,
      textOf: (code) => ({ title: { vi: code, en: code }, next: undefined }),
      sealer: createSealer(Buffer.alloc(32, 7)),
      config: notificationConfig.parse({}),
      publicUrl: undefined,
    }),
  );
  const noSignature = { signature: '', signer: { key: '', authority: '', statement: '' } };
  const signer = { sign: (policy: string) => ({ policy, ...noSignature }) };
  const policies = stack.use(createPolicies({ ...shared, registry, organisation, calendars, signer, audit }));
  await policies.load();
  const features = {
    ...shared,
    releases: fakeReleases({ writing: (_name, value) => value }),
    policies,
    imports,
    calendars,
    organisation,
    registry,
    health,
    problems,
    notifications,
    quarantine,
    audit,
    access,
    commands,
    availability: createAvailability({ ...shared, registry, organisation, calendarOf: () => emptyCalendar, audit }),
    configuration: createConfigurations({ ...shared, registry, organisation, twin, audit }),
    enrolment,
  };
  const server = stack.use(
    await createHttpServer({
      features: { ...features, documents, telemetry: { series }, history: createHistory({ store }) },
      version: 'test',
      publicUrl: 'http://fleet.example',
      trustProxy: [],
      ready: [],
      metrics: new Metrics(),
      clock,
      log: silentLog,
      // A busy machine is no finding here.
      overload: { overloaded: false, delayMs: 0, [Symbol.asyncDispose]: async () => {} },
    }),
  );
  return { server, access, audit, registry };
}

/** Unit 1 is the province, 2 the reader's own school, 3 another. */
async function seed(store: Store): Promise<void> {
  await using organisation = createOrganisation({ store });
  await organisation.load();
  const root = await organisation.ensureRoot('Tỉnh Quảng Ngãi');
  for (const name of ['Trường mình', 'Trường khác'])
    await organisation.create({ paths: ['/'] }, { parent: root, kind: 'school', name });
  await organisation.create({ paths: ['/'] }, { parent: 2, kind: 'room', name: 'Phòng 7' });
  await seedSchool(store, 'own', 2);
  for (const [code, name] of [
    ['VT', 'Viettel'],
    ['VN', 'VNPT'],
  ] as const)
    await store.db.insertInto('supplier').values({ code, name, name_sort: name }).execute();
  await store.db.updateTable('device').set({ supplier_id: 1 }).where('id', '=', 'own-device').execute();
  await seedSchool(store, 'foreign', 3);
}

async function seedNotifications(store: Store, place: string, unitId: number): Promise<void> {
  const at = new Date();
  const places = { id: `${place}-letter`, target: 'email:an', channel: 'email' as const, unit_id: unitId };
  const letter = { kind: 'opening' as const, subject: 'x', content: '{}', next_at: at, created_at: at, ended_at: at };
  await store.db
    .insertInto('notification_delivery')
    .values({ ...places, ...letter, state: 'dead' })
    .execute();
  const endpoint = { name: 'x', url: 'https://ticket.example/', severity: 'minor' as const, created_at: at };
  const id = `${place}-device`;
  const sealer = createSealer(Buffer.alloc(32, 7));
  const secret = sealer.seal(endpointPlace(id), Buffer.from('whsec_eA=='));
  await store.db
    .insertInto('notification_endpoint')
    .values({ id, ...endpoint, unit_id: unitId, owner_id: 'an', secret })
    .execute();
}

async function seedSchool(store: Store, place: string, unitId: number): Promise<void> {
  await seedNotifications(store, place, unitId);
  const id = `${place}-device`;
  const at = new Date();
  await seedAgent(store, id, unitId);
  await seedDevice(store, {
    id,
    agentId: id,
    unitId,
    capabilities: { power: { commands: ['on'] }, volume: { commands: ['mute'] } },
  });
  const later = new Date(at.getTime() + 3_600_000);
  await store.db
    .insertInto('identity_conflict')
    .values({ id, agent_id: id, kind: 'two-sessions', addresses: '[]', opened_at: at, last_at: at })
    .execute();
  await store.db
    .withTables<{ auth_user: { id: string; name: string; email: string } }>()
    .insertInto('auth_user')
    .values({ id, name: id, email: `${id}@school.example` })
    .execute();
  await store.db.insertInto('role_grant').values({ user_id: id, role: 'school-it', unit_id: unitId }).execute();
  const cause = { id, kind: 'device-fault', code: 'EF-2303', agent_id: id, device_id: id, unit_id: unitId };
  await store.db
    .insertInto('cause')
    .values({ ...cause, affected: 1, affected_peak: 1, opened_at: at, evidence: '[]' })
    .execute();
  await seedRule(store, unitId, at);
  await seedConfigurationChange(store, unitId, at);
  const times = { created_at: at, updated_at: at, not_after: later };
  const command = { id, agent_id: id, device_id: id, capability: 'snapshot', name: 'take', args: '{}', ...times };
  await store.db
    .insertInto('command')
    .values({ ...command, state: 'succeeded', created_by: 'an' })
    .execute();
  const wish = { id, unit_id: unitId, capability: 'power', name: 'on', args: '{}', single: false, exclusions: '[]' };
  await store.db
    .insertInto('command_batch')
    .values({
      ...wish,
      total: 0,
      expires_in: 60,
      approval: 'none',
      created_by: 'an',
      created_by_id: 'an',
      created_at: at,
    })
    .execute();
  const bytes = Buffer.from([0xff, 0xd8, 0xff]);
  const picture = { command_id: id, device_id: id, content_type: 'image/jpeg', bytes, taken_at: at, expires_at: later };
  await store.db.insertInto('picture').values(picture).execute();
  await store.db
    .insertInto('proposal')
    .values({
      id: `${place}-proposal`,
      agent_id: id,
      key: 'k',
      family: 'thing',
      address: '{"host":"10.0.0.5"}',
      macs: '[]',
      evidence: '[]',
      search: 'thing',
      needs_credentials: false,
      first_seen_at: at,
      last_seen_at: at,
    })
    .execute();
}

/** As with rules, their ids are those of the schools. */
async function seedConfigurationChange(store: Store, unitId: number, at: Date): Promise<void> {
  const changes = JSON.stringify([{ key: 'volume.level', after: { value: 40, keeping: 'heal' } }]);
  const changeOf = (unit: number) => ({ unit_id: unit, at, by_name: 'an', reason: 'x', changes });
  if (unitId === 2) await store.db.insertInto('configuration_change').values(changeOf(1)).execute();
  await store.db.insertInto('configuration_change').values(changeOf(unitId)).execute();
}

/** Their ids are those of the schools: rows of numbers are told apart by them. */
async function seedRule(store: Store, unitId: number, at: Date): Promise<void> {
  const words = JSON.stringify({ vi: 'x', en: 'x' });
  const made = { created_by: 'an', created_at: at };
  const condition = JSON.stringify({
    source: { kind: 'metric', metric: 'temperature.celsius' },
    operator: 'above',
    threshold: 60,
  });
  const rule = { unit_id: unitId, name: 'x', title: words, next: words, severity: 'minor' as const, filter: '{}' };
  if (unitId === 2) await store.db.insertInto('problem_rule').values(ruleOf(1)).execute();
  await store.db.insertInto('problem_rule').values(ruleOf(unitId)).execute();
  if (unitId === 2) await store.db.insertInto('maintenance_window').values(windowOf(1)).execute();
  await store.db.insertInto('maintenance_window').values(windowOf(unitId)).execute();

  function ruleOf(unit: number) {
    return { ...rule, unit_id: unit, condition, enabled: true, updated_by: 'an', updated_at: at, ...made };
  }
  function windowOf(unit: number) {
    return { unit_id: unit, name: 'x', starts_at: at, ends_at: new Date(at.getTime() + 3_600_000), ...made };
  }
}

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
