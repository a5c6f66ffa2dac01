import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Actor, Scope } from '../../../hub/access/index.ts';
import { createAudit } from '../../../hub/audit/index.ts';
import { createBus } from '../../../hub/events/bus.ts';
import { codeOf, createHealth, type Health } from '../../../hub/health/index.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import { createProblems, type Problems } from '../../../hub/problems/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { causesQuery } from '../../../protocols/api/causes.ts';
import { problemDetailSchema, problemsPage, problemsQuery } from '../../../protocols/api/operation/problems.ts';
import { previewSchema, ruleBody, ruleSchema, windowSchema } from '../../../protocols/api/operation/rules.ts';
import type { Calendar } from '../../../protocols/fleet/calendar/calendar.ts';
import { emptyCalendar } from '../../../protocols/fleet/calendar/calendar.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock, type FakeClock } from '../../support/clock.ts';
import { heartbeat } from '../../support/hub-broker.ts';
import { openTestStore, seedAgent, seedDevice, seedUnit, type TestStore } from '../../support/hub-store.ts';

const whole: Scope = { paths: ['/'] };
const minute = 60_000;
const actor: Actor = { id: 'op', name: 'Vận hành', scopeFor: () => whole };
const stack = new AsyncDisposableStack();
let opened: TestStore;
let store: Store;
let clock: FakeClock;
let bus: ReturnType<typeof createBus>;
let health: Health;
let problems: Problems;
let school: { id: number; path: string };
let hidden = false;
let calendar: Calendar = emptyCalendar;
const states = new Map<string, { state: Record<string, unknown>; receivedAt: Date }>();
const latest = new Map<string, Record<string, { value: number }>>();
const deviceIds = ['board', 'camera', 'printer'];

beforeAll(async () => {
  clock = createFakeClock();
  opened = stack.use(await openTestStore(clock));
  ({ store } = opened);
  const root = await seedUnit(store, { kind: 'province', name: 'Tỉnh' });
  school = await seedUnit(store, { kind: 'school', name: 'Trường Ba Tơ', parent: root });
  await seedAgent(store, 'p7', school.id);
  for (const id of deviceIds) await seedDevice(store, { id, agentId: 'p7', unitId: school.id });
  for (const [id, role] of [
    ['op', 'operator'],
    ['kt', 'accountant'],
  ] as const) {
    await store.db
      .withTables<{ auth_user: { id: string; name: string; email: string } }>()
      .insertInto('auth_user')
      .values({ id, name: id === 'op' ? 'Vận hành' : 'Kế toán', email: `${id}@x.example` })
      .execute();
    await store.db.insertInto('role_grant').values({ user_id: id, role, unit_id: root.id }).execute();
  }
  await start();
}, 60_000);
afterAll(() => stack.disposeAsync(), 60_000);

/** A hub starts on what the database holds. */
async function start(): Promise<void> {
  const organisation = stack.use(createOrganisation({ store }));
  await organisation.load();
  bus = createBus(silentLog);
  const devices = deviceIds.map((id, index) => ({
    id,
    sid: index + 1,
    agentId: 'p7',
    unitId: school.id,
    unitPath: school.path,
    family: 'thing',
    name: `Thiết bị ${id}`,
    lifecycle: 'in-service' as const,
  }));
  const agents = [
    {
      id: 'p7',
      name: 'mini-07',
      unitId: school.id,
      unitPath: school.path,
      status: 'active' as const,
      lastSeenAt: undefined,
    },
  ];
  const registry = {
    agents: () => agents,
    devices: () => devices,
    agentOf: (id: string) => agents.find((agent) => agent.id === id),
    deviceOf: (id: string) => devices.find((device) => device.id === id),
    devicesOfAgent: () => devices,
    touchAgents: async () => {},
  };
  const telemetry = {
    latestOf: (id: string) => latest.get(id) ?? {},
    series: async () => ({ metric: 'x', unit: '', step: '5m' as const, points: [] }),
  };
  const shared = { store, registry, organisation, telemetry, bus, clock, log: silentLog };
  problems = createProblems({
    ...shared,
    calendarOf: () => calendar,
    codeOf,
    verdictOf: (id) => (hidden ? { state: 'unknown' } : health.verdictOf(id)),
    audit: stack.use(createAudit({ store, clock })),
  });
  health = createHealth({
    ...shared,
    twin: { stateOf: (device, capability) => states.get(`${device} ${capability}`) },
    quarantine: { countSince: async () => 0 },
    journal: problems.journal,
  });
  await health.load();
  await problems.load();
  stack.use(health);
  stack.use(problems);
}

const report = (device: string, capability: string, state: Record<string, unknown>) => {
  states.set(`${device} ${capability}`, { state, receivedAt: new Date(clock.now()) });
  bus.publish(
    { type: 'device-state', device, capability, at: new Date(clock.now()).toISOString(), state },
    school.path,
  );
};
const sample = (device: string, metric: string, value: number) => {
  latest.set(device, { ...latest.get(device), [metric]: { value } });
  bus.publish(
    { type: 'device-samples', device, at: new Date(clock.now()).toISOString(), values: { [metric]: value } },
    school.path,
  );
};
const reach = async (device: string, status: string) => {
  report(device, 'reachability', { status, since: clock.now() });
  health.heartbeat('p7', { ...heartbeat, at: clock.now() });
  await health.tick();
};
const pass = async (ms: number) => {
  for (let passed = 0; passed < ms; passed += minute) {
    await clock.advance(minute);
    health.heartbeat('p7', { ...heartbeat, at: clock.now() });
    for (const id of deviceIds)
      bus.publish(
        { type: 'device-samples', device: id, at: new Date(clock.now()).toISOString(), values: {} },
        school.path,
      );
    await health.tick();
    await problems.tick();
  }
  await problems.watch();
};
const list = async (query: object = {}) =>
  problemsPage.parse(await problems.list(whole, actor, problemsQuery.parse(query)));
const storyOf = async (id: string) =>
  problemDetailSchema
    .parse(await problems.get(whole, id))
    .timeline.map(({ kind }) => kind)
    .reverse();
const hot = ruleBody.parse({
  unit: 1,
  name: 'Máy nóng',
  title: { vi: 'Máy đang nóng', en: 'It runs hot' },
  next: { vi: 'Mở cửa sổ', en: 'Open a window' },
  severity: 'major',
  condition: {
    source: { kind: 'metric', metric: 'temperature.celsius' },
    operator: 'above',
    threshold: 60,
    clear: 55,
    forMinutes: 2,
  },
});

it('writes a problem and its story with the cause, and counts what the list shows', async () => {
  for (const id of deviceIds) await reach(id, 'up');
  await reach('board', 'unreachable');
  const { rows, total } = await list();
  expect([total, rows[0]?.kind, rows[0]?.severity, rows[0]?.device?.id]).toEqual([
    1,
    'device-unreachable',
    'major',
    'board',
  ]);
  expect(await storyOf(rows[0]?.id ?? '')).toEqual(['opened']);
  expect(await problems.counts(whole, actor)).toMatchObject({
    open: 1,
    muted: 0,
    unacknowledged: 1,
    bySeverity: { major: 1 },
  });
  expect((await list({ q: 'ba to', severity: 'critical,major', kind: 'device-unreachable' })).total).toBe(1);
  expect((await list({ q: 'không có' })).total).toBe(0);
  expect((await list({ severity: 'notice' })).total).toBe(0);
});

it('lets people work on one or many, all or none, and writes it down', async () => {
  const { rows } = await list();
  const id = rows[0]?.id ?? '';
  const work = (body: object) => problems.work(whole, actor, { ids: [id], ...body } as never);
  await expect(work({ action: 'acknowledge', ids: [id, 'missing'] })).rejects.toMatchObject({ code: 'not-found' });
  expect(await storyOf(id)).toEqual(['opened']);
  expect(await work({ action: 'acknowledge', text: 'Đang xem' })).toEqual([id]);
  expect(await work({ action: 'acknowledge' })).toEqual([]);
  await expect(work({ action: 'assign', assignee: 'kt' })).rejects.toMatchObject({ field: 'assignee' });
  expect(await work({ action: 'assign', assignee: 'op' })).toEqual([id]);
  await expect(work({ action: 'mute', until: new Date(clock.now() - 1).toISOString() })).rejects.toMatchObject({
    field: 'until',
  });
  expect(await work({ action: 'mute', until: new Date(clock.now() + minute).toISOString() })).toEqual([id]);
  expect([(await list()).total, (await list({ state: 'muted' })).total]).toEqual([0, 1]);
  expect(await problems.counts(whole, actor)).toMatchObject({ open: 0, muted: 1 });
  expect((await list({ state: 'muted', assignee: 'me', acknowledged: 'yes' })).rows[0]).toMatchObject({
    assignee: { id: 'op', name: 'Vận hành' },
    acknowledged: { by: { name: 'Vận hành' } },
    comments: 1,
  });
  expect(await problems.assignees(whole, {})).toEqual([{ id: 'op', name: 'Vận hành' }]);
  await pass(2 * minute);
  expect((await list()).total).toBe(1);
  expect(await storyOf(id)).toEqual(['opened', 'acknowledged', 'assigned', 'muted', 'unmuted']);
  const entries = await store.db.selectFrom('audit_entry').select('action').orderBy('seq').execute();
  expect(entries.map(({ action }) => action)).toEqual(['problem.acknowledge', 'problem.assign', 'problem.mute']);
  const csv = await problems.csv(whole, actor, { ...problemsQuery.parse({}), language: 'vi' });
  expect(csv.split('\r\n')).toHaveLength(3);
  expect(csv).toContain('Nặng;Không kết nối được thiết bị');
});

it('goes on with the same problem when it comes back soon, and holds open what flaps until it is calm', async () => {
  const { rows } = await list();
  const id = rows[0]?.id ?? '';
  await reach('board', 'up');
  expect((await list()).total).toBe(0);
  for (let times = 0; times < 3; times++) {
    await pass(minute);
    await reach('board', 'unreachable');
    expect((await list()).rows.map((row) => row.id)).toEqual([id]);
    await pass(minute);
    await reach('board', 'up');
  }
  const held = (await list()).rows;
  expect(held).toMatchObject([{ id, flapping: true, affected: 0, assignee: { id: 'op' } }]);
  // A restart neither ends it nor begins its calm anew.
  await start();
  await reach('board', 'up');
  await pass(10 * minute);
  expect((await list()).total).toBe(1);
  await pass(25 * minute);
  expect((await list()).total).toBe(0);
  expect((await list({ state: 'resolved' })).rows).toMatchObject([{ id, flapping: false }]);
  const story = await storyOf(id);
  expect(story.filter((kind) => kind === 'reopened')).toHaveLength(3);
  expect(story.slice(-2)).toEqual(['flapping', 'resolved']);
}, 30_000);

it('opens what lies in a maintenance window muted, and says so when the window is over', async () => {
  const startsAt = new Date(clock.now()).toISOString();
  const endsAt = new Date(clock.now() + 10 * minute).toISOString();
  await expect(problems.windows.create(whole, actor, { unit: school.id, name: 'x', startsAt })).rejects.toMatchObject({
    field: 'endsAt',
  });
  const window = windowSchema.parse(
    await problems.windows.create(whole, actor, { unit: school.id, name: 'Sửa điện', startsAt, endsAt }),
  );
  expect(window.activeUntil).toBe(endsAt);
  await reach('printer', 'unreachable');
  expect([(await list()).total, (await list({ state: 'muted' })).rows[0]?.muted?.window]).toEqual([0, 'Sửa điện']);
  await pass(11 * minute);
  const { rows } = await list();
  expect(await storyOf(rows[0]?.id ?? '')).toEqual(['opened', 'muted', 'unmuted']);
  await reach('printer', 'up');
});

it('escalates by steps while nobody acknowledges', async () => {
  await problems.escalations.set(whole, actor, {
    unit: school.id,
    steps: [
      { afterMinutes: 5, least: 'minor' },
      { afterMinutes: 8, least: 'critical' },
    ],
    workingTime: false,
  });
  await reach('camera', 'unreachable');
  await pass(6 * minute);
  const { rows } = await list();
  expect(rows[0]).toMatchObject({ device: { id: 'camera' }, escalation: 1 });
  await pass(10 * minute);
  expect(await storyOf(rows[0]?.id ?? '')).toEqual(['opened', 'escalated']);
  await reach('camera', 'up');
});

it('judges severity anew when lessons begin', async () => {
  calendar = {
    ...emptyCalendar,
    terms: [{ name: 'Năm', from: '2000-01-01', to: '2098-12-31' }],
    periods: [{ name: 'Cả ngày', days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '23:59' }],
  };
  const free = {
    ...calendar,
    daysOff: [{ name: 'Nghỉ', kind: 'holiday' as const, from: '2000-01-01', to: '2098-12-31' }],
  };
  const lessons = calendar;
  calendar = free;
  await reach('printer', 'unreachable');
  await problems.watch();
  const before = (await list()).rows.find(({ device }) => device?.id === 'printer');
  calendar = lessons;
  await problems.watch();
  const after = (await list()).rows.find(({ device }) => device?.id === 'printer');
  expect([before?.severity, after?.severity]).toEqual(['minor', 'major']);
  calendar = emptyCalendar;
  await reach('printer', 'up');
});

it('refuses a rule whole, keeps nothing of a dry run, and previews', async () => {
  await expect(
    problems.rules.create(whole, actor, { ...hot, condition: { ...hot.condition, clear: 70 } }),
  ).rejects.toMatchObject({ field: 'condition.clear' });
  await expect(problems.rules.create({ paths: [] }, actor, hot)).rejects.toMatchObject({ code: 'not-found' });
  expect(await problems.rules.create(whole, actor, { ...hot, dryRun: true })).toBeUndefined();
  expect(await problems.rules.list(whole, undefined)).toEqual([]);
  const told = previewSchema.parse(
    await problems.rules.preview(whole, { unit: 1, filter: {}, condition: hot.condition, days: 7 }),
  );
  expect(told).toMatchObject({
    times: 0,
    devices: { matching: 3, lookedAt: 3 },
    gaps: [{ why: 'no-samples', devices: 3 }],
  });
});

it('opens and ends the problem of a rule, pauses while nothing is known, and survives a restart', async () => {
  const rule = ruleSchema.parse(await problems.rules.create(whole, actor, hot));
  expect(rule).toMatchObject({ devices: 3, open: 0 });
  const ofRule = async () => (await list({ kind: 'rule' })).rows;
  sample('board', 'temperature.celsius', 70);
  await pass(minute);
  expect(await ofRule()).toEqual([]);
  await start();
  await pass(2 * minute);
  expect(await ofRule()).toMatchObject([
    {
      title: hot.title,
      next: hot.next,
      severity: 'major',
      code: 'EF-3002',
      device: { id: 'board' },
      rule: { name: 'Máy nóng' },
      evidence: ['Thiết bị board', 'temperature.celsius: 70'],
    },
  ]);
  expect((await problems.rules.list(whole, undefined))[0]).toMatchObject({ open: 1 });
  await start();
  await pass(minute);
  expect(await ofRule()).toHaveLength(1);
  hidden = true;
  sample('camera', 'temperature.celsius', 70);
  await pass(5 * minute);
  expect(await ofRule()).toHaveLength(1);
  hidden = false;
  sample('camera', 'temperature.celsius', 50);
  sample('board', 'temperature.celsius', 50);
  await pass(minute);
  expect(await ofRule()).toEqual([]);
  // Health leaves what it did not open.
  await health.tick();
  sample('board', 'temperature.celsius', 80);
  await pass(3 * minute);
  expect(await ofRule()).toHaveLength(1);
  await problems.rules.remove(whole, actor, rule.id);
  expect(await ofRule()).toEqual([]);
  expect(await problems.rules.list(whole, undefined)).toEqual([]);
  // A removed rule is still named where it opened something.
  const over = (await list({ kind: 'rule', state: 'resolved' })).rows;
  expect(over.map((row) => row.rule?.name)).toEqual(over.map(() => 'Máy nóng'));
  expect(over.length).toBeGreaterThan(0);
  // The list of causes has the rule's own words too.
  const causes = await health.listCauses(whole, causesQuery.parse({ state: 'resolved' }));
  expect(causes.rows.filter(({ kind }) => kind === 'rule')).toMatchObject(
    over.map(() => ({ title: hot.title, next: hot.next })),
  );
}, 30_000);

it('pages through every order without a row twice or missing', async () => {
  const opened = new Date(clock.now());
  await store.db
    .insertInto('cause')
    .values(
      Array.from({ length: 23 }, (_, index) => ({
        id: `many-${String(index).padStart(2, '0')}`,
        kind: 'device-fault',
        code: 'EF-2303',
        agent_id: 'p7',
        device_id: null,
        unit_id: school.id,
        affected: index % 4,
        affected_peak: 4,
        opened_at: new Date(opened.getTime() - (index % 5) * minute),
        evidence: '[]',
      })),
    )
    .execute();
  for (const sort of ['impact', 'oldest', 'newest'] as const) {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list({ sort, limit: 5, cursor });
      seen.push(...page.rows.map(({ id }) => id));
      expect(page.total).toBe(23);
      cursor = page.next;
    } while (cursor);
    expect(new Set(seen).size, sort).toBe(23);
    expect(seen.length).toBe(23);
  }
  await expect(list({ cursor: 'WyJ4IiwieSJd' })).rejects.toMatchObject({ field: 'cursor' });
});
