import { Registry } from 'prom-client';
import { createGrantedActor, type GrantedActorParts } from '../../../hub/access/granted-actor.ts';
import {
  InvalidInputError,
  inScope,
  NotFoundError,
  type Scope,
  type SignedInActor,
} from '../../../hub/access/index.ts';
import type { AuditEntry } from '../../../hub/audit/index.ts';
import { type Bus, createBus } from '../../../hub/events/bus.ts';
import { createHttpServer, type Features, type HttpServer, type HttpServerOptions } from '../../../hub/http/index.ts';
import type { Person } from '../../../protocols/api/access/people.ts';
import { type Role, roleSchema } from '../../../protocols/api/access/session.ts';
import type { Agent } from '../../../protocols/api/agents.ts';
import type { CauseView, Overview } from '../../../protocols/api/causes.ts';
import type { Device } from '../../../protocols/api/devices.ts';
import type { IdentityConflict } from '../../../protocols/api/enrolment/conflicts.ts';
import type { CommandBatch, CommandCheck, CommandView } from '../../../protocols/api/operation/commands.ts';
import type { Unit } from '../../../protocols/api/units.ts';
import { FatalError } from '../../../protocols/errors.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock, type FakeClock } from '../../support/clock.ts';
import { fakeNotifications } from './fake-notifications.ts';
import { fakePolicies } from './fake-policies.ts';
import { fakeProblems } from './fake-problems.ts';
import { fakeReleases } from './fake-releases.ts';

/** A province (1) with two schools: 2 is the reader's own, 3 is not. */
export const units = { root: '/1/', own: '/1/2/', foreign: '/1/3/' } as const;
const paths: Readonly<Record<number, string>> = { 1: units.root, 2: units.own, 3: units.foreign };
/** Path of whatever carries this id: ids begin with where they lie. */
const placeOf = (id: string) =>
  id.startsWith('own') ? units.own : id.startsWith('foreign') ? units.foreign : undefined;

const at = '2026-03-02T00:00:00.000Z';
const school = { id: 2, name: 'THCS Nghĩa Lộ', kind: 'school' as const };
const health = { state: 'ok' as const, since: at, evidence: [] };

const unit = (id: number): Unit => ({
  ...school,
  id,
  trail: [school],
  sample: false,
  counts: { agents: 1, devices: 1, wrong: 0 },
});
const agent = (id: string): Agent => ({
  id,
  name: id,
  unit: school,
  status: 'active',
  health,
  enrolledAt: at,
  queue: { records: 0, bytes: 0, shed: 0 },
  generation: { desired: 1, held: 1 },
  devices: { total: 1, wrong: 0 },
});
const device = (id: string): Device => ({
  id,
  name: id,
  family: 'thing',
  unit: school,
  agent: { id: 'own-agent', name: 'agent' },
  lifecycle: 'in-service',
  health,
  adoptedAt: at,
  adoptedBy: 'an',
  hasCredentials: false,
  reported: {},
  latest: {},
  commands: {},
  parts: [],
});
const conflict = (id: string): IdentityConflict => ({
  id,
  kind: 'two-sessions',
  agent: { id: 'own-agent', name: 'agent' },
  unit: school,
  enrolled: { macs: [], diskSerials: [] },
  addresses: [],
  openedAt: at,
  lastAt: at,
  times: 1,
});
const supplier = { id: 2, code: 'VT', name: 'Viettel', devices: 1 };
const ownPasskey = { id: 'own-passkey', name: 'Điện thoại', createdAt: at, backedUp: true };
const person = (id: string): Person => ({
  id,
  name: id,
  email: `${id}@school.example`,
  createdAt: at,
  disabled: false,
  temporaryPassword: false,
  grants: [{ role: 'school-it', unit: school }],
});
const voucher = {
  id: 'v',
  code: 'code',
  unit: school,
  expiresAt: at,
  gatewayUrl: 'https://gateway.example',
  command: 'x',
  token: 'x',
};
const requireUnit = (scope: Scope, id: number): void => {
  if (!inScope(scope, paths[id] ?? '-')) throw new InvalidInputError('unit', 'There is no such unit.');
};
const importDone = {
  dryRun: false,
  sheets: [],
  headerRow: 0,
  columns: [],
  mapping: {},
  counts: { new: 0, changed: 0, unchanged: 0, refused: 0 },
  rows: [],
};
const noHours = {
  devices: 0,
  lessonHours: 0,
  downHours: 0,
  unknownHours: 0,
  incidents: 0,
  onHours: 0,
  energyKwh: 0,
};
const noEffect = {
  devices: 0,
  outcomes: { changes: 0, agrees: 0, untold: 0, impossible: 0, shown: 0, released: 0 },
  excluded: { overridden: 0, incapable: 0 },
  rows: [],
};
const requireHere = (scope: Scope, id: number): void => {
  if (!inScope(scope, paths[id] ?? '-')) throw new NotFoundError();
};
const command = (id: string): CommandView => ({
  id,
  device: 'own-device',
  capability: 'power',
  name: 'on',
  args: {},
  state: 'queued',
  createdAt: at,
  createdBy: 'an',
  updatedAt: at,
  notAfter: at,
});
const commandCheck: CommandCheck = {
  effect: { vi: 'Bật', en: 'On' },
  disturbs: 'room',
  danger: 'low',
  idempotent: false,
  obstacles: [],
  lesson: false,
  exam: false,
  away: false,
  needsApproval: false,
  mayOverride: false,
};
const batch = (id: string): CommandBatch => ({
  id,
  capability: 'power',
  name: 'on',
  args: {},
  single: false,
  total: 1,
  byState: { queued: 1 },
  exclusions: [],
  approval: 'none',
  mayDecide: false,
  createdBy: 'an',
  createdAt: at,
});
const cause: CauseView = {
  id: 'own-cause',
  kind: 'agent-silent',
  code: 'silent',
  title: { vi: 'Im lặng', en: 'Silent' },
  unit: school,
  affected: 1,
  affectedPeak: 1,
  openedAt: at,
  evidence: [],
  next: { vi: 'Xem', en: 'Look' },
};
const overview: Overview = {
  at,
  causes: { open: 0, top: [] },
  devices: { total: 1, byHealth: { ok: 1 } },
  agents: { total: 1, silent: 0 },
  schools: { total: 1, affected: 0 },
  proposals: { open: 0 },
  quarantine: { lastDay: 0 },
};

const page = <T>(rows: T[]) => ({ rows, total: rows.length });
function within<T>(scope: Scope, id: string, value: T): T {
  const place = placeOf(id);
  if (place === undefined || !inScope(scope, place)) throw new NotFoundError();
  return value;
}

/** A person of this role in the reader's own school. */
function actorWith(role: Role, path: string = units.own, more: Partial<GrantedActorParts> = {}): SignedInActor {
  return createGrantedActor({
    user: { id: `user-${role}`, name: role, email: `${role}@school.example` },
    grants: [{ role, path, unit: school, ...(role === 'supplier' ? { supplier: { id: 7, name: 'Viettel' } } : {}) }],
    via: 'session',
    expiresAt: new Date(at),
    ...more,
  });
}

interface FakeFeatures extends Features {
  readonly bus: Bus;
  readonly entries: AuditEntry[];
  /** Calls that changed something. */
  readonly writes: string[];
}

/**
 * Features that know two schools. `Bearer <role>` is a person of that role in school 2, `Bearer root-<role>` of the province;
 * the cookie `session=fresh-<role>` has a handed-out password, `session=bare-<role>` lacks a second factor, and `Bearer only-<role>` is narrowed to reading.
 */
function createFakeFeatures(): FakeFeatures {
  const entries: AuditEntry[] = [];
  const writes: string[] = [];
  const roleOf = (authorization: string | undefined, cookie: string | undefined) =>
    /^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? /session=([\w-]+)/.exec(cookie ?? '')?.[1];
  const writing = <T>(name: string, value: T): T => {
    writes.push(name);
    return value;
  };
  return {
    entries,
    writes,
    access: {
      actorOf: async ({ authorization, cookie }) => {
        const name = roleOf(authorization, cookie) ?? '';
        const [, who = '', roleName] = /^(root-|fresh-|bare-|only-)?(.*)$/.exec(name) ?? [];
        const role = roleSchema.safeParse(roleName);
        if (!role.success) return undefined;
        const actor = actorWith(role.data, who === 'root-' ? units.root : units.own, {
          mustChangePassword: who === 'fresh-',
          mustSetUpTwoFactor: who === 'bare-',
          ...(who === 'only-' ? { narrowing: { actions: ['read'], path: undefined } } : {}),
        });
        return authorization === undefined ? actor : { ...actor, via: 'token', expiresAt: undefined };
      },
      hasSessionCookie: (cookie) => cookie?.includes('session=') ?? false,
      signIn: async ({ email, password }) => {
        if (password !== 'right password') throw new FatalError('wrong-credentials', 'Not right.');
        return { value: { id: 'an', name: 'An', email }, cookies: ['session=operator; HttpOnly'] };
      },
      signOut: async () => writing('sign-out', { value: undefined, cookies: ['session=; Max-Age=0'] }),
      changePassword: async () => writing('change-password', { value: undefined, cookies: [] }),
      createToken: async (_user, { name, unit: unitId }) => {
        if (unitId !== undefined) requireUnit({ paths: [units.own] }, unitId);
        return writing('create-token', { id: 'own-token', name, createdAt: at, token: 'ef_x' });
      },
      listTokens: async () => [],
      revokeToken: async (_user, id) => {
        if (!id.startsWith('own')) throw new NotFoundError();
        writes.push('revoke-token');
      },
      passkeyAddress: () => ({ origin: 'https://fleet.example' }),
      beginPasskeySignIn: async () => ({ value: { challenge: 'x' }, cookies: ['passkey=x; HttpOnly'] }),
      passkeyOwner: async (id) =>
        id.startsWith('own') ? { id: 'an', name: 'An', email: 'an@school.example' } : undefined,
      signInPasskey: async ({ response }) => {
        if (!response.id.startsWith('own')) throw new FatalError('wrong-passkey', 'Not known.');
        const user = { id: 'an', name: 'An', email: 'an@school.example' };
        return { value: { user, passkey: 'Điện thoại' }, cookies: ['session=operator; HttpOnly'] };
      },
      listPasskeys: async () => [ownPasskey],
      beginPasskey: async () => writing('begin-passkey', { value: { challenge: 'x' }, cookies: [] }),
      addPasskey: async () => writing('add-passkey', ownPasskey),
      removePasskey: async (oneself) => {
        if (!oneself.id.startsWith('own')) throw new NotFoundError();
        return writing('remove-passkey', ownPasskey);
      },
      ssoLabel: () => 'Sở GD&ĐT',
      beginSso: async () => ({ value: 'https://provider.example/authorize', cookies: ['state=x; HttpOnly'] }),
      finishSso: async ({ query }) => {
        if (query['code'] !== 'right') throw new FatalError('sso-refused', 'No.', { details: { why: 'provider' } });
        return { value: { id: 'an', name: 'An', email: 'an@school.example' }, cookies: ['session=operator; HttpOnly'] };
      },
      listEmergencies: async () => [],
      noteSignIn: async () => undefined,
      listSuppliers: async () => [supplier],
      createSupplier: async () => writing('create-supplier', supplier),
      updateSupplier: async (id) => {
        if (id !== 2) throw new NotFoundError();
        return writing('update-supplier', supplier);
      },
      listPeople: async () => page([person('own-person')]),
      createPerson: async (scope, _actor, { grants }) => {
        for (const grant of grants) requireUnit(scope, grant.unit);
        return writing('create-person', { person: person('own-person'), password: 'x' });
      },
      updatePerson: async (scope, _actor, id) => writing('update-person', within(scope, id, person(id))),
      resetTwoFactor: async (scope, _actor, id) => writing('reset-two-factor', within(scope, id, person(id))),
      secondStepOf: async (cookie) =>
        cookie?.includes('second=') ? { id: 'an', name: 'An', email: 'an@school.example' } : undefined,
      signInSecond: async ({ code }) => {
        if (code !== '123456') throw new FatalError('wrong-code', 'Not right.');
        const value = { id: 'an', name: 'An', email: 'an@school.example' };
        return { value, cookies: ['session=operator; HttpOnly'] };
      },
      beginTwoFactor: async () =>
        writing('begin-two-factor', { uri: 'otpauth://totp/x', secret: 'X', backupCodes: [] }),
      confirmTwoFactor: async () => writing('confirm-two-factor', { value: undefined, cookies: [] }),
      disableTwoFactor: async () => writing('disable-two-factor', { value: undefined, cookies: [] }),
      renewBackupCodes: async () => writing('renew-backup-codes', []),
      resetPassword: async (scope, _actor, id) =>
        writing('reset-password', within(scope, id, { person: person(id), password: 'x' })),
    },
    audit: {
      append: async (entry) => {
        entries.push(entry);
      },
      list: async () => page([]),
      verify: async () => ({ ok: true, entries: 3, head: '0'.repeat(64) }),
    },
    organisation: {
      pathOf: (id) => {
        const path = paths[id];
        if (path === undefined) throw new NotFoundError();
        return path;
      },
      list: (scope) => page([2, 3].filter((id) => inScope(scope, paths[id] ?? '-')).map(unit)),
      get: (scope, id) => {
        requireHere(scope, id);
        return unit(id);
      },
      create: (scope, body) => {
        if (!inScope(scope, paths[body.parent] ?? '-')) throw new InvalidInputError('parent', 'There is no such unit.');
        return writing('create-unit', { ...unit(2), name: body.name });
      },
      history: (scope, id) => {
        requireHere(scope, id);
        return { unit: unit(id), changes: [], predecessors: [], lines: [] };
      },
      change: (scope, _actor, id, { dryRun }) => {
        requireHere(scope, id);
        const effects = { units: 1, agents: 1, devices: 1, people: 0, vouchers: 0 };
        return writing('change-unit', { dryRun, unit: unit(id), effects, about: [id] });
      },
    },
    notifications: fakeNotifications({ within, writing, school, paths }),
    imports: {
      importUnits: async (scope, _actor, { unit: into }) => {
        requireUnit(scope, into);
        return writing('import-units', importDone);
      },
      importSite: async (scope, _actor, { unit: into }) => {
        requireUnit(scope, into);
        return writing('import-site', importDone);
      },
      listImports: async () => [],
      undoImport: async (scope, _actor, id) => {
        requireHere(scope, id);
        return writing('undo-import', id);
      },
      template: async () => Buffer.from('PK'),
    },
    policies: fakePolicies({ requireUnit, requireHere, writing }),
    releases: fakeReleases({ writing }),
    calendars: {
      view: (scope, id) => {
        requireHere(scope, id);
        const lists = { terms: [], periods: [], daysOff: [], makeUpDays: [], exams: [], cancelled: [], days: [] };
        return { unit: school, from: '2026-08-01', to: '2027-07-31', timeZone: 'Asia/Ho_Chi_Minh', ...lists };
      },
      versions: async (scope, id) => {
        requireHere(scope, id);
        return { rows: [] };
      },
      change: async (scope, _actor, id, { dryRun }) => {
        requireHere(scope, id);
        return writing('change-calendar', { dryRun, faults: [] });
      },
      restore: async (scope, _actor, id, { dryRun }) => {
        requireHere(scope, id);
        return writing('restore-calendar', { dryRun, faults: [] });
      },
      importFile: async (scope, _actor, { unit: into }) => {
        requireUnit(scope, into);
        return writing('import-calendar', { ...importDone, faults: [] });
      },
      exportFile: async (scope, id) => {
        requireHere(scope, id);
        return { bytes: Buffer.from('x'), type: 'text/csv', name: 'lich.csv' };
      },
    },
    availability: {
      report: async (scope, { unit: within, by }) => {
        if (within !== undefined) requireHere(scope, within);
        const time = { from: '2026-03-01', to: '2026-03-02', by, withoutCalendar: 0 };
        return { ...time, whole: noHours, rows: [], total: 0, classes: [] };
      },
      setClass: async () => writing('set-energy-class', []),
    },
    configuration: {
      ofUnit: async (scope, id) => {
        requireHere(scope, id);
        return { unit: school, settings: [] };
      },
      ofDevice: async (scope, id) => {
        within(scope, id, true);
        return { device: id, isDelivered: true, settings: [] };
      },
      change: async (scope, _actor, place, { dryRun }) => {
        if ('unit' in place) requireHere(scope, place.unit);
        else within(scope, place.device, true);
        return writing('change-configuration', { ...noEffect, dryRun });
      },
      history: async (scope, place) => {
        if ('unit' in place) requireHere(scope, place.unit);
        else within(scope, place.device, true);
        return page([]);
      },
      revert: async (scope, _actor, id, { dryRun }) => {
        requireHere(scope, id);
        return writing('revert-configuration', { ...noEffect, dryRun });
      },
      drift: async (scope, { unit: within }) => {
        if (within !== undefined) requireHere(scope, within);
        return page([]);
      },
    },
    registry: {
      deviceOf: (id) => {
        const place = id.endsWith('device') ? placeOf(id) : undefined;
        return place === undefined ? undefined : { unitId: 2, unitPath: place, supplierId: 7 };
      },
      listDevices: () => page([device('own-device')]),
      getDevice: (scope, id) => within(scope, id, device(id)),
      updateDevice: (scope, _actor, id) => writing('update-device', within(scope, id, device(id))),
      addDevice: (scope, _actor, { agent: of }) => {
        if (!inScope(scope, placeOf(of) ?? '-')) throw new InvalidInputError('agent', 'There is no such agent.');
        return writing('add-device', device('own-device'));
      },
      listAgents: () => page([agent('own-agent')]),
      getAgent: (scope, id) => within(scope, id, agent(id)),
      families: () => [{ name: 'some-projector', label: { vi: 'Máy chiếu', en: 'Projector' } }],
      listProposals: () => page([]),
      adopt: (scope, _actor, { dryRun, items }) => {
        for (const { proposal } of items) within(scope, proposal, true);
        const adopted = items.map(({ proposal }) => ({ proposal, device: 'own-device', name: 'x' }));
        return writing('adopt', { dryRun, adopted, refused: [] });
      },
      refuse: (scope, _actor, { proposals }) => {
        for (const proposal of proposals) within(scope, proposal, true);
        return writing('refuse', { refused: proposals });
      },
    },
    telemetry: { series: (_id, { metric }) => ({ metric, unit: '%', step: '5m', points: [[0, 1, 1, 1, 1]] }) },
    history: { eventsOf: () => ({ rows: [] }) },
    commands: {
      create: (scope, _actor, id) => writing('create-command', within(scope, id, command(`own-${writes.length}`))),
      check: (scope, _actor, id) => within(scope, id, commandCheck),
      cancel: (scope, _actor, id) => writing('cancel-command', within(scope, id, command(id))),
      list: () => page([]),
      batches: {
        preview: (scope) =>
          within(scope, 'own', { ...commandCheck, included: 1, schools: 1, away: 0, exclusions: [], spreadSeconds: 0 }),
        create: (scope) => writing('create-batch', within(scope, 'own', batch('own-batch'))),
        get: (scope, _actor, id) => within(scope, id, batch(id)),
        list: () => page([]),
        cancel: (scope, _actor, id) => writing('cancel-batch', within(scope, id, batch(id))),
        decide: (scope, _actor, id) => writing('decide-batch', within(scope, id, batch(id))),
      },
      get: (scope, id) => within(scope, id, command(id)),
      listOf: (scope, id) => within(scope, id, [command('own-command')]),
      picture: (scope, id) =>
        within(scope, id, { contentType: 'image/jpeg', bytes: Buffer.from([0xff, 0xd8, 0xff]), device: 'own-device' }),
    },
    health: { overview: () => overview, listCauses: () => page([cause]) },
    problems: fakeProblems({ requireUnit, requireHere, within, writing }),
    enrolment: {
      createVoucher: (scope, _actor, body) => {
        requireUnit(scope, body.unit);
        return writing('create-voucher', voucher);
      },
      createVoucherBatch: (scope, _actor, { unit: id, label }) => {
        requireUnit(scope, id);
        return writing('create-voucher-batch', { label, vouchers: [voucher] });
      },
      listVouchers: () => page([]),
      revokeVouchers: (scope, _actor, { vouchers }) => {
        for (const id of vouchers) within(scope, id, true);
        return writing('revoke-vouchers', { revoked: vouchers });
      },
      extendVouchers: (scope, _actor, { vouchers }) => {
        for (const id of vouchers) within(scope, id, true);
        return writing('extend-vouchers', { extended: vouchers, expiresAt: at });
      },
      vouchersToPrint: (scope, _actor, { codes }) =>
        codes.map((code) =>
          within(scope, code, { ...voucher, scan: code, school: school.name, expiresAt: new Date(at), hubUrl: 'x' }),
        ),
      listConflicts: () => page([]),
      resolveConflict: (scope, _actor, id) => writing('resolve-conflict', within(scope, id, conflict(id))),
      setAccess: async (scope, _actor, id) => writing('set-access', within(scope, id, undefined)),
    },
    documents: { vouchers: async () => Buffer.from('%PDF-'), posters: async () => Buffer.from('%PDF-') },
    quarantine: { list: () => page([]) },
    bus: createBus(silentLog),
  };
}

export interface TestServer extends AsyncDisposable {
  readonly server: HttpServer;
  readonly features: FakeFeatures;
  readonly clock: FakeClock;
}

/** The whole server on fake features; nothing listens. */
export async function startTestServer(options: Partial<HttpServerOptions> = {}): Promise<TestServer> {
  const features = createFakeFeatures();
  const clock = createFakeClock();
  const server = await createHttpServer({
    features,
    version: '0.0.0-test',
    publicUrl: 'http://fleet.example',
    trustProxy: [],
    ready: [{ name: 'database', check: async () => {} }],
    metrics: new Registry(),
    clock,
    log: silentLog,
    overload: { overloaded: false, delayMs: 0, [Symbol.asyncDispose]: async () => {} },
    ...options,
  });
  return { server, features, clock, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
