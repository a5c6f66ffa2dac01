import { beforeEach, expect, it } from 'vitest';
import type { Scope } from '../../../hub/access/index.ts';
import { createBus } from '../../../hub/events/bus.ts';
import { createHealth, type Health } from '../../../hub/health/index.ts';
import { createOrganisation, type Organisation } from '../../../hub/organisation/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { causeSchema, overviewSchema } from '../../../protocols/api/causes.ts';
import { healthSchema } from '../../../protocols/api/health.ts';
import type { LiveEvent } from '../../../protocols/api/live.ts';
import { RecoverableError } from '../../../protocols/errors.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock, type FakeClock } from '../../support/clock.ts';
import { heartbeat } from '../../support/hub-broker.ts';
import { seedAgent, seedDevice, seedUnit } from '../../support/hub-store.ts';
import { describeStores } from '../../support/store.ts';

const whole: Scope = { paths: ['/'] };
const tickMs = 5_000;
let database: { store: Store };
let organisation: Organisation;
let clock: FakeClock;
let bus = createBus(silentLog);
let events: LiveEvent[] = [];
let health: Health;
let deps: Parameters<typeof createHealth>[0];
let room: { id: number; path: string };
let school: { id: number; path: string };
let elsewhere: { id: number; path: string };
let states: Map<string, { state: Record<string, unknown>; receivedAt: Date }>;
let touched: { id: string; lastSeenAt?: Date }[];
let agentStatus: 'active' | 'quarantined';

const deviceIds = ['board', 'camera', 'projector', 'printer'];

async function prepare(store: Store): Promise<void> {
  database = { store };
  clock = createFakeClock();
  events = [];
  touched = [];
  states = new Map();
  agentStatus = 'active';
  const root = await seedUnit(store, { kind: 'province', name: 'Tỉnh' });
  school = await seedUnit(store, { kind: 'school', name: 'Trường Ba Tơ', parent: root });
  room = await seedUnit(store, { kind: 'room', name: 'Phòng 7', parent: school });
  elsewhere = await seedUnit(store, { kind: 'school', name: 'Trường khác', parent: root });
  await seedAgent(store, 'p7', school.id);
  await seedAgent(store, 'other', elsewhere.id);
  for (const id of deviceIds) await seedDevice(store, { id, agentId: 'p7', unitId: room.id });
  organisation = createOrganisation({ store });
  await organisation.load();
  await begin();
}

/** A hub starts on what the database holds. */
async function begin(store: Store = database.store): Promise<void> {
  bus = createBus(silentLog);
  bus.subscribe(({ event }) => events.push(event));
  const agents = [
    { id: 'p7', name: 'mini-07', unitId: school.id, unitPath: school.path },
    { id: 'other', name: 'mini-99', unitId: elsewhere.id, unitPath: elsewhere.path },
  ].map((agent) => ({
    ...agent,
    get status() {
      return agent.id === 'p7' ? agentStatus : ('active' as const);
    },
    lastSeenAt: undefined,
  }));
  const devices = deviceIds.map((id) => ({
    id,
    agentId: 'p7',
    unitId: room.id,
    unitPath: room.path,
    name: `Thiết bị ${id}`,
    lifecycle: 'in-service' as const,
  }));
  deps = {
    store,
    organisation,
    bus,
    clock,
    log: silentLog,
    quarantine: { countSince: async () => 3 },
    twin: { stateOf: (device, capability) => states.get(`${device} ${capability}`) },
    registry: {
      agents: () => agents,
      devices: () => devices,
      agentOf: (id) => agents.find((agent) => agent.id === id),
      deviceOf: (id) => devices.find((device) => device.id === id),
      devicesOfAgent: (id) => devices.filter(({ agentId }) => agentId === id),
      touchAgents: async (batch) => void touched.push(...batch),
    },
  };
  health = createHealth(deps);
  await health.load();
}

const beat = (agentId = 'p7', fields = {}) => health.heartbeat(agentId, { ...heartbeat, at: clock.now(), ...fields });
const report = (device: string, capability: string, state: Record<string, unknown>) => {
  states.set(`${device} ${capability}`, { state, receivedAt: new Date(clock.now()) });
  bus.publish({ type: 'device-state', device, capability, at: new Date(clock.now()).toISOString(), state }, room.path);
};
const reach = (device: string, status: string) => report(device, 'reachability', { status, since: clock.now() });
const allUp = async () => {
  for (const id of deviceIds) reach(id, 'up');
  beat();
  await health.tick();
};
/** Time passes with ticks, and with heartbeats of these agents. */
const pass = async (ms: number, ...beating: string[]) => {
  for (let passed = 0; passed < ms; passed += tickMs) {
    await clock.advance(tickMs);
    for (const agent of beating) beat(agent);
    await health.tick();
  }
};
const stateOf = (device: string) => health.verdictOf(device)?.state;
const openCauses = async () => (await health.listCauses(whole, { state: 'open', limit: 50 })).rows;
const rows = () =>
  database.store.db
    .selectFrom('device')
    .select(['id', 'health', 'health_code', 'health_since'])
    .orderBy('id')
    .execute();

describeStores('health', (open) => {
  beforeEach(async () => prepare(await open()));

  it('starts with nothing known, and turns well with the first probes', async () => {
    await health.tick();
    expect(deviceIds.map(stateOf)).toEqual(Array(4).fill('unknown'));
    expect(await openCauses()).toEqual([]);
    await allUp();
    expect(deviceIds.map(stateOf)).toEqual(Array(4).fill('ok'));
    expect((await rows()).map((row) => row.health)).toEqual(Array(4).fill('ok'));
    expect(events.filter((event) => event.type === 'device-health' && event.state === 'ok')).toHaveLength(4);
    expect(health.counts(whole)).toMatchObject({ agents: 2, devices: 4, wrong: 0, byHealth: { ok: 4 } });
  });

  it('tells a cut line as one cause with all devices, and resolves it with its length', async () => {
    await allUp();
    reach('camera', 'up-without-authentication');
    await health.tick();
    expect(await openCauses()).toMatchObject([{ kind: 'credentials', affected: 1, device: { id: 'camera' } }]);
    await pass(85_000, 'other');
    expect(health.agentVerdictOf('p7')?.state).toBe('ok');
    const lastHeard = clock.now() - 85_000;
    await pass(tickMs, 'other');
    const [cause, ...more] = await openCauses();
    expect(more).toEqual([]);
    expect(cause && causeSchema.parse(cause)).toEqual(cause);
    expect(cause).toMatchObject({
      kind: 'agent-silent',
      code: 'EF-1001',
      affected: 4,
      agent: { id: 'p7', name: 'mini-07' },
      unit: { id: school.id },
      openedAt: new Date(lastHeard).toISOString(),
      evidence: ['Thiết bị board', 'Thiết bị camera', 'Thiết bị printer', 'Thiết bị projector'],
    });
    expect(deviceIds.map(stateOf)).toEqual(Array(4).fill('unknown'));
    expect(health.verdictOf('board')).toMatchObject({ cause: cause?.id, code: 'EF-1001' });
    expect(health.agentVerdictOf('p7')).toMatchObject({ state: 'unreachable', cause: cause?.id });
    await pass(300_000, 'other');
    await pass(tickMs, 'p7', 'other');
    expect(deviceIds.map(stateOf)).toEqual(['ok', 'attention', 'ok', 'ok']);
    expect(await openCauses()).toMatchObject([{ kind: 'credentials' }]);
    const resolved = await health.listCauses(whole, { state: 'resolved', limit: 50 });
    expect(resolved.rows.map(({ kind }) => kind).sort()).toEqual(['agent-silent', 'credentials']);
    const cut = resolved.rows.find(({ kind }) => kind === 'agent-silent');
    expect(Date.parse(cut?.resolvedAt ?? '') - Date.parse(cut?.openedAt ?? '')).toBe(
      85_000 + tickMs + 300_000 + tickMs,
    );
    expect(cut).toMatchObject({ affected: 0, affectedPeak: 4 });
  });

  it('flips nobody when the hub restarts', async () => {
    await allUp();
    reach('camera', 'unreachable');
    await pass(600_000, 'p7');
    reach('board', 'up');
    await pass(600_000, 'p7');
    expect(deviceIds.map(stateOf)).toEqual(['ok', 'unreachable', 'stale', 'stale']);
    const before = await rows();
    const causes = await openCauses();
    expect(causes).toHaveLength(4);
    await health[Symbol.asyncDispose]();
    // An hour without a hub.
    await clock.advance(3_600_000);
    events = [];
    await begin();
    await health.tick();
    await pass(80_000);
    expect(await rows()).toEqual(before);
    expect(await openCauses()).toEqual(causes);
    expect(events.filter(({ type }) => type === 'device-health' || type === 'causes-changed')).toEqual([]);
    expect(health.verdictOf('camera')?.cause).toBe(causes.find(({ device }) => device?.id === 'camera')?.id);
  });

  it('keeps a silent agent silent over a restart, until it is heard', async () => {
    await allUp();
    await pass(100_000, 'other');
    const [cause] = await openCauses();
    await health[Symbol.asyncDispose]();
    await clock.advance(60_000);
    await begin();
    await pass(20_000, 'other');
    expect(await openCauses()).toEqual([cause]);
    expect(health.agentVerdictOf('p7')).toMatchObject({ state: 'unreachable', since: cause?.openedAt });
    await pass(tickMs, 'p7', 'other');
    expect(await openCauses()).toEqual([]);
    expect(health.agentVerdictOf('p7')?.state).toBe('ok');
  });

  it('counts no silence while it could not hear', async () => {
    await allUp();
    await pass(80_000, 'other');
    health.deaf();
    await pass(80_000, 'other');
    expect(health.agentVerdictOf('p7')?.state).toBe('ok');
    // The process stands still for ten minutes.
    await clock.advance(600_000);
    await health.tick();
    expect([health.agentVerdictOf('p7')?.state, health.agentVerdictOf('other')?.state]).toEqual(['ok', 'ok']);
    // Who looked for the hub in vain may take its longest pause before it looks again.
    await pass(330_000, 'other');
    expect(health.agentVerdictOf('p7')?.state).toBe('ok');
    await pass(tickMs, 'other');
    expect(health.agentVerdictOf('p7')?.state).toBe('unreachable');
    // What is silent stays so whatever the hub suffers.
    health.deaf();
    await pass(tickMs, 'other');
    expect(health.agentVerdictOf('p7')?.state).toBe('unreachable');
  });

  it('sees a device that stops reporting while its agent lives', async () => {
    await allUp();
    await pass(900_000, 'p7');
    expect(deviceIds.map(stateOf)).toEqual(Array(4).fill('ok'));
    bus.publish(
      { type: 'device-samples', device: 'board', at: new Date(clock.now()).toISOString(), values: {} },
      room.path,
    );
    health.reported(['camera']);
    await pass(60_000, 'p7');
    expect(deviceIds.map(stateOf)).toEqual(['ok', 'ok', 'stale', 'stale']);
    reach('printer', 'up');
    await health.tick();
    expect(stateOf('printer')).toBe('ok');
  });

  it('gives devices their time after their agent was away for long', async () => {
    await allUp();
    await pass(1_500_000, 'other');
    expect(deviceIds.map(stateOf)).toEqual(Array(4).fill('unknown'));
    await pass(800_000, 'p7', 'other');
    expect(deviceIds.map(stateOf)).toEqual(Array(4).fill('ok'));
    await pass(150_000, 'p7', 'other');
    expect(deviceIds.map(stateOf)).toEqual(Array(4).fill('stale'));
  });

  it('finds one cause for devices that fell silent together', async () => {
    await allUp();
    for (const id of deviceIds.slice(0, 3)) reach(id, 'unreachable');
    await health.tick();
    expect(await openCauses()).toMatchObject([{ code: 'EF-2102', affected: 3, unit: { id: school.id } }]);
    expect(health.verdictOf('board')?.code).toBe('EF-2101');
    reach('board', 'up');
    await health.tick();
    expect(await openCauses()).toMatchObject([{ code: 'EF-2102', affected: 2, affectedPeak: 3 }]);
  });

  it('explains in both languages what it rests on', async () => {
    health.connected('p7', 'session-1');
    await allUp();
    states.set('camera reachability', {
      state: {
        status: 'unreachable',
        since: 1,
        problem: { code: 'timeout', message: 'no answer within 5 s', retryable: true },
      },
      receivedAt: new Date(clock.now()),
    });
    reach('projector', 'up');
    report('projector', 'lamp', { lamps: [], errors: [{ part: 'fan', level: 'error' }] });
    bus.publish({ type: 'device-state', device: 'camera', capability: 'reachability', at: '', state: {} }, room.path);
    await health.tick();
    const verdict = health.verdictOf('camera');
    expect(verdict && healthSchema.parse(verdict)).toEqual(verdict);
    expect(verdict?.evidence.map(({ ok, en }) => [ok, en])).toEqual([
      [true, 'Agent mini-07 gives signs of life'],
      [true, "The agent's session is open"],
      [false, 'The device does not answer: no answer within 5 s'],
      [undefined, 'Latest report of the device'],
    ]);
    expect(verdict?.next?.vi).toContain('dây mạng');
    expect(health.verdictOf('projector')).toMatchObject({ state: 'fault', code: 'EF-2311' });
    expect(health.verdictOf('projector')?.evidence.some(({ vi }) => vi === 'Quạt làm mát báo lỗi')).toBe(true);
    health.disconnected('p7', 'another');
    expect(health.agentVerdictOf('p7')?.evidence[1]?.ok).toBe(true);
    health.disconnected('p7', 'session-1');
    expect(health.agentVerdictOf('p7')?.evidence[1]?.ok).toBe(false);
    expect(health.verdictOf('nothing')).toBeUndefined();
  });

  it('judges what an agent says of itself', async () => {
    await allUp();
    beat('p7', { at: clock.now() - 400_000 });
    await health.tick();
    expect(health.agentVerdictOf('p7')).toMatchObject({ state: 'attention', code: 'EF-1002' });
    beat('p7', { queue: { records: 1, bytes: 1, shed: 0 } });
    beat('p7', { queue: { records: 1, bytes: 1, shed: 5 } });
    await health.tick();
    expect(health.agentVerdictOf('p7')?.code).toBe('EF-1003');
    agentStatus = 'quarantined';
    await health.tick();
    expect(await openCauses()).toMatchObject([{ kind: 'quarantine', code: 'EF-1004', affected: 4 }]);
  });

  it('writes signs of life together, and again when the database was away', async () => {
    const written = deps.registry.touchAgents;
    let away = true;
    deps.registry.touchAgents = async (batch) => {
      if (away) throw new RecoverableError('database-unavailable', 'away');
      await written(batch);
    };
    for (let i = 0; i < 10; i++) beat();
    await health.tick();
    expect(touched).toEqual([]);
    away = false;
    await health.tick();
    expect(touched).toMatchObject([{ id: 'p7', lastSeenAt: new Date(clock.now()), session: 'session' }]);
  });

  it('forgets nothing when the database is away', async () => {
    let away = false;
    const store: Store = {
      ...database.store,
      transaction: (work) =>
        away ? Promise.reject(new RecoverableError('database-unavailable', 'away')) : database.store.transaction(work),
    };
    await begin(store);
    await allUp();
    away = true;
    reach('camera', 'unreachable');
    await health.tick();
    expect(stateOf('camera')).toBe('unreachable');
    expect(await openCauses()).toEqual([]);
    await pass(20_000, 'p7');
    away = false;
    await pass(tickMs, 'p7');
    expect(await openCauses()).toMatchObject([{ device: { id: 'camera' } }]);
    expect((await rows()).find(({ id }) => id === 'camera')?.health).toBe('unreachable');
  });

  it('answers the front page within the scope', async () => {
    await allUp();
    beat('other');
    reach('camera', 'unreachable');
    await pass(95_000, 'p7');
    const page = await health.overview(whole);
    expect(overviewSchema.parse(page)).toEqual(page);
    expect(page).toMatchObject({
      causes: { open: 2, top: [{ affected: 1 }, { kind: 'agent-silent', affected: 0, agent: { id: 'other' } }] },
      devices: { total: 4, byHealth: { ok: 3, unreachable: 1 } },
      agents: { total: 2, silent: 1 },
      schools: { total: 2, affected: 1 },
      quarantine: { lastDay: 3 },
    });
    const other = await health.overview({ paths: [elsewhere.path] });
    expect(other).toMatchObject({ causes: { open: 1 }, devices: { total: 0 }, schools: { total: 1, affected: 0 } });
    expect(await health.overview({ paths: [] })).toMatchObject({ causes: { open: 0 }, agents: { total: 0 } });
    expect(health.countsOf(room.path)).toEqual({ agents: 0, devices: 4, wrong: 1 });
    expect((await health.listCauses({ paths: [elsewhere.path] }, { state: 'open', limit: 50 })).total).toBe(1);
    expect((await health.listCauses(whole, { state: 'open', limit: 50, unit: room.id })).rows).toMatchObject([
      { device: { id: 'camera' } },
    ]);
    expect((await health.listCauses(whole, { state: 'open', limit: 50, q: 'phong 7' })).rows).toMatchObject([
      { device: { id: 'camera' } },
    ]);
    const first = await health.listCauses(whole, { state: 'open', limit: 1 });
    const second = await health.listCauses(whole, { state: 'open', limit: 1, cursor: first.next });
    expect([first.total, first.rows.length, second.rows.length, second.next]).toEqual([2, 1, 1, undefined]);
    expect(first.rows[0]?.id).not.toBe(second.rows[0]?.id);
    await expect(health.listCauses(whole, { state: 'open', limit: 1, cursor: 'x' })).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });

  it('tells a low battery by its last charge while no charger fills it, and why a printer wants somebody', async () => {
    await prepare(await open());
    await allUp();
    const charge = (level: number) =>
      bus.publish(
        {
          type: 'device-samples',
          device: 'board',
          at: new Date(clock.now()).toISOString(),
          values: { 'battery.level': level },
        },
        room.path,
      );
    report('board', 'battery', { state: 'discharging' });
    charge(12);
    report('printer', 'supplies', { status: 'idle', alerts: ['low-toner'], supplies: [] });
    await health.tick();
    expect(health.verdictOf('board')).toMatchObject({ state: 'attention', code: 'EF-2432' });
    expect(health.verdictOf('printer')?.evidence).toContainEqual({ ok: false, vi: 'Sắp hết mực', en: 'Toner is low' });
    expect((await openCauses()).map(({ code }) => code).sort()).toEqual(['EF-2412', 'EF-2432']);
    report('board', 'battery', { state: 'charging', plugged: true });
    report('printer', 'supplies', { status: 'idle', alerts: [], supplies: [] });
    await health.tick();
    expect([stateOf('board'), stateOf('printer')]).toEqual(['ok', 'ok']);
    expect(await openCauses()).toEqual([]);
  });
});
