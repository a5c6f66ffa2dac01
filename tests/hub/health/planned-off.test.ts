import { afterAll, beforeAll, expect, it } from 'vitest';
import { createBus } from '../../../hub/events/bus.ts';
import { createHealth, type Health } from '../../../hub/health/index.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import { causeSchema } from '../../../protocols/api/causes.ts';
import { type Calendar, emptyCalendar } from '../../../protocols/fleet/calendar/calendar.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';
import { heartbeat } from '../../support/hub-broker.ts';
import { openTestStore, seedAgent, seedDevice, seedUnit, type TestStore } from '../../support/hub-store.ts';

const school: Calendar = {
  ...emptyCalendar,
  terms: [{ name: 'Học kỳ 2', from: '2026-01-12', to: '2026-05-29' }],
  periods: [{ name: 'Tiết 1', days: [1, 2, 3, 4, 5], from: '07:00', to: '11:00' }],
};
const minuteMs = 60_000;
/** Monday, three in the morning in Viet Nam. */
const clock = createFakeClock(Date.parse('2026-03-02T03:00:00+07:00'));
const bus = createBus(silentLog);
const states = new Map<string, { state: Record<string, unknown>; receivedAt: Date }>();
const listeners = new Set<(unitPath: string) => void>();
let calendar = school;
let opened: TestStore;
let health: Health;
let begin: () => Promise<void>;

const offers = {
  board: { power: { commands: ['on', 'off'] }, input: { commands: [] } },
  camera: { power: { commands: ['reboot'] }, snapshot: { commands: [] } },
  switch: { ports: { commands: [] } },
  printer: { supplies: { commands: [] } },
};
const ids = Object.keys(offers) as (keyof typeof offers)[];

beforeAll(async () => {
  opened = await openTestStore(clock);
  const { store } = opened;
  const root = await seedUnit(store, { kind: 'province', name: 'Tỉnh' });
  const unit = await seedUnit(store, { kind: 'school', name: 'Trường Ba Tơ', parent: root });
  await seedAgent(store, 'p7', unit.id);
  const place = { agentId: 'p7', unitId: unit.id };
  for (const id of ids)
    await seedDevice(store, { id, ...place, capabilities: { identity: { commands: [] }, ...offers[id] } });
  const organisation = createOrganisation({ store });
  await organisation.load();
  const agent = {
    id: 'p7',
    name: 'mini-07',
    unitId: unit.id,
    unitPath: unit.path,
    status: 'active' as const,
    lastSeenAt: undefined,
  };
  const devices = ids.map((id) => ({ id, name: id, ...place, unitPath: unit.path, lifecycle: 'in-service' as const }));
  begin = async () => {
    health = createHealth({
      store,
      organisation,
      bus,
      clock,
      log: silentLog,
      quarantine: { countSince: async () => 0 },
      twin: { stateOf: (device, capability) => states.get(`${device} ${capability}`) },
      calendars: {
        calendarOf: () => calendar,
        onChanged: (listener) => {
          listeners.add(listener);
          return { [Symbol.dispose]: () => listeners.delete(listener) };
        },
      },
      registry: {
        agents: () => [agent],
        devices: () => devices,
        agentOf: () => agent,
        deviceOf: (id) => devices.find((device) => device.id === id),
        devicesOfAgent: () => devices,
        touchAgents: async () => {},
      },
    });
    await health.load();
  };
  await begin();
  for (const id of ids) reach(id, 'up');
  tell('switch', 'ports', {
    ports: [{ id: '1', name: 'Gi1', up: true, enabled: true, devices: ['board'] }],
  });
  await pass(5_000);
}, 60_000);
afterAll(async () => {
  await health[Symbol.asyncDispose]();
  await opened[Symbol.asyncDispose]();
}, 60_000);

const tell = (device: string, capability: string, state: Record<string, unknown>) => {
  states.set(`${device} ${capability}`, { state, receivedAt: new Date(clock.now()) });
  bus.publish({ type: 'device-state', device, capability, at: new Date(clock.now()).toISOString(), state }, '/');
};
const reach = (device: string, status: string) => tell(device, 'reachability', { status, since: clock.now() });
const pass = async (ms: number) => {
  for (let passed = 0; passed < ms; passed += 5_000) {
    await clock.advance(5_000);
    health.heartbeat('p7', { ...heartbeat, at: clock.now() });
    health.reported(ids);
    await health.tick();
  }
};
const until = (wall: string) => pass(Date.parse(`2026-03-02T${wall}:00+07:00`) - clock.now());
const stateOf = (device: string) => health.verdictOf(device)?.state;
const open = async () => (await health.listCauses({ paths: ['/'] }, { state: 'open', limit: 50 })).rows;

it('lets a board be dark at night, but not a camera, and says by which calendar', async () => {
  reach('board', 'unreachable');
  reach('camera', 'unreachable');
  await pass(5_000);
  expect([stateOf('board'), stateOf('camera')]).toEqual(['expected-off', 'unreachable']);
  expect(await open()).toMatchObject([{ device: { id: 'camera' }, hint: { of: 'device' } }]);
  const verdict = health.verdictOf('board');
  expect(verdict).toMatchObject({ code: 'EF-2104' });
  expect(verdict?.evidence.map(({ ok, vi }) => [ok, vi])).toEqual([
    [true, 'Bộ thu thập mini-07 có nhịp đều'],
    [false, 'Bộ thu thập không có phiên kết nối'],
    [undefined, 'Ngoài giờ học của trường'],
    [undefined, 'Thiết bị không trả lời'],
    [undefined, 'Số liệu mới nhất của thiết bị'],
  ]);
  reach('camera', 'up');
  await pass(5_000);
});

it('keeps it so over a restart, gives it time in the morning, and tells it in the lesson', async () => {
  await health[Symbol.asyncDispose]();
  await begin();
  await pass(minuteMs);
  expect(stateOf('board')).toBe('expected-off');
  await until('06:59');
  expect(stateOf('board')).toBe('expected-off');
  expect(health.verdictOf('board')?.evidence.some(({ vi }) => vi === 'Giờ học bắt đầu lúc 07:00')).toBe(true);
  expect(await open()).toEqual([]);
  await until('07:06');
  expect(stateOf('board')).toBe('unreachable');
  const [cause] = await open();
  expect(cause && causeSchema.parse(cause)).toEqual(cause);
  expect(health.verdictOf('board')?.evidence.some(({ vi }) => vi === 'Đang trong giờ học: Tiết 1')).toBe(true);
  expect(health.verdictOf('board')?.evidence.some(({ vi }) => vi.includes('cổng Gi1: thiết bị đó vẫn trả lời'))).toBe(
    true,
  );
});

it('makes the problem of the board that of its switch, and takes it back', async () => {
  const [board] = await open();
  reach('switch', 'unreachable');
  await pass(5_000);
  const rows = await open();
  expect(rows).toMatchObject([
    {
      id: board?.id,
      kind: 'switch-down',
      code: 'EF-2105',
      device: { id: 'switch' },
      affected: 2,
      hint: { of: 'switch' },
    },
  ]);
  expect(health.verdictOf('board')?.cause).toBe(board?.id);
  reach('switch', 'up');
  await pass(5_000);
  expect(await open()).toMatchObject([{ kind: 'device-unreachable', device: { id: 'board' }, affected: 1 }]);
});

it('is told at once when it goes dark in a lesson, and may go dark after the last one', async () => {
  reach('board', 'up');
  await pass(5_000);
  expect(await open()).toEqual([]);
  reach('board', 'unreachable');
  await pass(5_000);
  expect(stateOf('board')).toBe('unreachable');
  reach('board', 'up');
  await until('11:05');
  reach('board', 'unreachable');
  await pass(5_000);
  expect(stateOf('board')).toBe('expected-off');
});

it('follows a calendar that changes, and expects nothing where none is known', async () => {
  calendar = { ...emptyCalendar };
  for (const listener of listeners) listener('/');
  await pass(20 * minuteMs);
  expect(stateOf('board')).toBe('unreachable');
  calendar = { ...school, daysOff: [{ name: 'Nghỉ bão', kind: 'holiday', from: '2026-03-02', to: '2026-03-03' }] };
  for (const listener of listeners) listener('/');
  await pass(5_000);
  expect(stateOf('board')).toBe('expected-off');
  expect(health.verdictOf('board')?.evidence.some(({ vi }) => vi === 'Ngày nghỉ: Nghỉ bão')).toBe(true);
});
