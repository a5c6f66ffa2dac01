import { beforeEach, expect, it } from 'vitest';
import type { Actor, Scope } from '../../../hub/access/index.ts';
import { type Commands, createCommands, pictureLimits } from '../../../hub/commands/index.ts';
import { createBus } from '../../../hub/events/bus.ts';
import type { Store } from '../../../hub/store/index.ts';
import type { LiveEvent } from '../../../protocols/api/live.ts';
import { emptyCalendar } from '../../../protocols/fleet/calendar/calendar.ts';
import { momentOf } from '../../../protocols/fleet/calendar/moment.ts';
import type { ResultRecord } from '../../../protocols/fleet/record.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';
import { seedAgent, seedDevice, seedUnit } from '../../support/hub-store.ts';
import { describeStores } from '../../support/store.ts';

const clock = createFakeClock();
const whole: Scope = { paths: ['/'] };
const elsewhere: Scope = { paths: ['/99/'] };
const actor: Actor = { id: 'user-1', name: 'Someone', scopeFor: () => whole };
const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(100)]);

let database: { store: Store };
let commands: Commands;
let events: LiveEvent[] = [];
let audited: { action: string; reason?: string; subject: string }[] = [];
let status: 'active' | 'revoked' = 'active';
let room: { id: number; path: string };
let counter = 0;
let device = '';

async function prepare(store: Store): Promise<void> {
  database = { store };
  const root = await seedUnit(store, { kind: 'province', name: 'Tỉnh' });
  room = await seedUnit(store, { kind: 'room', name: 'Phòng 7', parent: root });
  await seedAgent(store, 'p7', room.id);
  await seedAgent(store, 'other', room.id);
  const bus = createBus(silentLog);
  bus.subscribe(({ event }) => events.push(event));
  commands = createCommands({
    store,
    bus,
    clock,
    log: silentLog,
    audit: { append: async (entry) => audited.push(entry) },
    registry: {
      deviceOf: (id) =>
        id.startsWith('device-')
          ? { id, agentId: 'p7', unitId: room.id, unitPath: room.path, lifecycle: 'in-service' }
          : undefined,
      agentOf: () => ({ status }),
      matchDevices: async () => [],
    },
    organisation: {
      pathOf: () => room.path,
      refOf: (id) => ({ id, name: 'Phòng 7', kind: 'room' }),
      schoolOf: () => undefined,
    },
    momentAt: (_unit, atMs) => momentOf(emptyCalendar, atMs),
  });
  events = [];
  audited = [];
  status = 'active';
  device = `device-${++counter}`;
  await seedDevice(database.store, {
    id: device,
    agentId: 'p7',
    unitId: room.id,
    capabilities: { power: { commands: ['on'] }, volume: { commands: ['set'] }, snapshot: { commands: ['take'] } },
  });
}

const volume = (level: unknown, expiresInSeconds = 60) => ({
  capability: 'volume',
  name: 'set',
  args: { level },
  expiresInSeconds,
});
const snapshot = { capability: 'snapshot', name: 'take', args: {}, expiresInSeconds: 60, purpose: 'kiểm tra góc máy' };
const apply = (agent: string, ...records: Partial<ResultRecord>[]) =>
  database.store.transaction((trx) =>
    commands.applyResults(
      trx,
      agent,
      records.map((record) => ({ kind: 'result', seq: 1, at: 1, command: '', state: 'received', ...record })),
    ),
  );

describeStores('commands', (open) => {
  beforeEach(async () => prepare(await open()));

  it('goes from a wish to its result, telling the page at each step', async () => {
    const made = await commands.create(whole, actor, device, volume(30));
    expect(made).toMatchObject({ state: 'queued', device, args: { level: 30 }, createdBy: 'Someone' });
    const [wire] = await commands.pendingFor('p7');
    expect(wire).toMatchObject({ id: made.id, device, notAfter: clock.now() + 60_000 });
    await commands.markSent([made.id]);
    expect(await commands.pendingFor('p7')).toEqual([]);
    expect(await commands.pendingFor('p7', { again: true })).toHaveLength(1);
    await apply(
      'p7',
      { command: made.id, state: 'running' },
      { command: made.id, state: 'succeeded', output: { a: 1 } },
    );
    expect(await commands.get(whole, made.id)).toMatchObject({ state: 'succeeded', output: { a: 1 } });
    expect(events.map(({ type }) => type)).toEqual(['command-changed', 'command-changed', 'command-changed']);
    expect(audited).toMatchObject([{ action: 'command.create', subject: `device:${device}` }]);
  });

  it('tells the hub that holds the agent', async () => {
    const heard: string[] = [];
    await using _listening = await commands.onQueued((agent) => heard.push(agent));
    await commands.create(whole, actor, device, volume(30));
    await expect.poll(() => heard).toEqual(['p7']);
  });

  it('refuses what capability, device or state do not allow', async () => {
    const input = { code: 'invalid-input' };
    await expect(commands.create(whole, actor, device, volume(101))).rejects.toMatchObject({
      ...input,
      field: 'args.level',
    });
    await expect(
      commands.create(whole, actor, device, { ...volume(1), args: { level: 1, evil: true } }),
    ).rejects.toMatchObject(input);
    await expect(
      commands.create(whole, actor, device, { ...volume(1), capability: '__proto__' }),
    ).rejects.toMatchObject({ ...input, field: 'capability' });
    await expect(commands.create(whole, actor, device, { ...volume(1), name: 'constructor' })).rejects.toMatchObject({
      ...input,
      field: 'name',
    });
    await expect(
      commands.create(whole, actor, device, { ...volume(1), capability: 'power', name: 'off', args: {} }),
    ).rejects.toMatchObject({ ...input, field: 'name' });
    const { purpose: _purpose, ...without } = snapshot;
    await expect(commands.create(whole, actor, device, without)).rejects.toMatchObject({ ...input, field: 'purpose' });
    status = 'revoked';
    await expect(commands.create(whole, actor, device, volume(1))).rejects.toMatchObject({ code: 'conflict' });
    expect(await commands.listOf(whole, device)).toEqual([]);
  });

  it('tells nobody outside the scope that anything exists', async () => {
    const made = await commands.create(whole, actor, device, volume(30));
    const absent = { code: 'not-found' };
    await expect(commands.create(elsewhere, actor, device, volume(30))).rejects.toMatchObject(absent);
    await expect(commands.create(whole, actor, 'nothing', volume(30))).rejects.toMatchObject(absent);
    await expect(commands.get(elsewhere, made.id)).rejects.toMatchObject(absent);
    await expect(commands.get(whole, 'nothing')).rejects.toMatchObject(absent);
    await expect(commands.listOf(elsewhere, device)).rejects.toMatchObject(absent);
  });

  it('bounds what waits for one device', async () => {
    for (let i = 0; i < 20; i++) await commands.create(whole, actor, device, volume(i));
    await expect(commands.create(whole, actor, device, volume(21))).rejects.toMatchObject({ code: 'conflict' });
  });

  it('takes no word from another agent, and none about what it never had', async () => {
    const made = await commands.create(whole, actor, device, volume(30));
    await apply('other', { command: made.id, state: 'succeeded' });
    await apply('p7', { command: 'never', state: 'succeeded' });
    expect(await commands.get(whole, made.id)).toMatchObject({ state: 'queued' });
  });

  it('expires what was never sent, and does not pretend to know the rest', async () => {
    const unsent = await commands.create(whole, actor, device, volume(1, 5));
    const sent = await commands.create(whole, actor, device, volume(2, 5));
    await commands.markSent([sent.id]);
    await clock.advance(5_001);
    // What never left has no time any more; of what did, its agent can still say what became.
    expect(await commands.pendingFor('p7')).toEqual([]);
    expect((await commands.pendingFor('p7', { again: true })).map(({ id }) => id)).toEqual([sent.id]);
    expect(await commands.expire()).toBe(1);
    expect(await commands.get(whole, unsent.id)).toMatchObject({ state: 'expired', problem: { code: 'not-sent' } });
    expect(await commands.get(whole, sent.id)).toMatchObject({ state: 'sent' });
    await clock.advance(60_000);
    expect(await commands.expire()).toBe(1);
    expect(await commands.get(whole, sent.id)).toMatchObject({ state: 'unknown', problem: { code: 'no-answer' } });
    await apply('p7', { command: sent.id, state: 'succeeded' });
    expect((await commands.get(whole, sent.id)).problem).toBeUndefined();
    expect(await commands.expire()).toBe(0);
  });

  it('keeps a picture that was asked for, for ten minutes', async () => {
    const made = await commands.create(whole, actor, device, snapshot);
    expect(audited[0]?.reason).toBe('kiểm tra góc máy');
    const store = (agent: string, id: string, type = 'image/jpeg', bytes = jpeg) =>
      commands.storePicture(agent, id, type, bytes);
    await expect(store('p7', made.id)).rejects.toMatchObject({ code: 'picture-not-asked' });
    await commands.markSent([made.id]);
    await expect(store('other', made.id)).rejects.toMatchObject({ code: 'picture-not-asked' });
    await expect(store('p7', 'nothing')).rejects.toMatchObject({ code: 'picture-not-asked' });
    await expect(store('p7', made.id, 'image/svg+xml')).rejects.toMatchObject({ code: 'picture-type' });
    await expect(store('p7', made.id, 'image/png')).rejects.toMatchObject({ code: 'picture-type' });
    const big = Buffer.concat([jpeg, Buffer.alloc(pictureLimits.bytes)]);
    await expect(store('p7', made.id, 'image/jpeg', big)).rejects.toMatchObject({ code: 'picture-size' });
    await store('p7', made.id);
    await store('p7', made.id, 'image/jpeg', Buffer.concat([jpeg, jpeg]));
    expect(await commands.get(whole, made.id)).toMatchObject({
      picture: { contentType: 'image/jpeg', sizeBytes: jpeg.length },
    });
    expect((await commands.picture(whole, made.id)).bytes).toEqual(jpeg);
    await expect(commands.picture(elsewhere, made.id)).rejects.toMatchObject({ code: 'not-found' });
    await clock.advance(pictureLimits.keptMs);
    await expect(commands.picture(whole, made.id)).rejects.toMatchObject({ code: 'not-found' });
    await commands.expire();
    expect(await database.store.db.selectFrom('picture').select('command_id').execute()).toEqual([]);
  });

  it('takes no picture for a command that is none', async () => {
    const made = await commands.create(whole, actor, device, volume(30));
    await commands.markSent([made.id]);
    await expect(commands.storePicture('p7', made.id, 'image/jpeg', jpeg)).rejects.toMatchObject({
      code: 'picture-not-asked',
    });
  });
});
