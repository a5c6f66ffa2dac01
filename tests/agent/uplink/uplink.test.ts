import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AgentDatabase, openDatabase } from '../../../agent/uplink/database.ts';
import { DesiredStore } from '../../../agent/uplink/desired-store.ts';
import { Inbox } from '../../../agent/uplink/inbox.ts';
import { Outbox } from '../../../agent/uplink/outbox.ts';
import { windowLimits } from '../../../agent/uplink/session-machine.ts';
import { Uplink } from '../../../agent/uplink/uplink.ts';
import { WitnessStore } from '../../../agent/uplink/witness-store.ts';
import type { Command, Desired } from '../../../protocols/fleet/messages.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock, type FakeClock } from '../../support/clock.ts';
import { createFakeHub, type FakeHub } from '../../support/fake-hub.ts';
import { recordOf } from '../../support/records.ts';

let folder: string;
let database: AgentDatabase;
let clock: FakeClock;
let hub: FakeHub;
let outbox: Outbox;
let inbox: Inbox;
let desired: DesiredStore;
let uplink: Uplink;
let takenDesired: Desired[];
let takenCommands: Command[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'uplink-'));
  database = openDatabase(join(folder, 'outbox.db'));
  clock = createFakeClock();
  hub = createFakeHub();
  outbox = new Outbox({ database, clock });
  inbox = new Inbox(database);
  desired = new DesiredStore(database);
  const witnesses = new WitnessStore(database);
  takenDesired = [];
  takenCommands = [];
  uplink = new Uplink({
    agentId: 'agent-1',
    url: 'mqtts://hub.test:8883',
    identity: () => ({ key: '', certificate: '', authorities: [] }),
    connect: hub.connect,
    outbox,
    inbox,
    desired,
    witnesses,
    facts: {
      version: '1',
      bootId: 'boot-1',
      startedAt: clock.now(),
      platform: 'linux x64',
      families: [{ name: 'mini-pc', label: { vi: 'Máy tính nhỏ', en: 'Mini-PC' } }],
    },
    load: () => ({ load: { rssBytes: 1, cpuPercent: 2, loopDelayP99Ms: 3 }, devices: { total: 4, up: 3 } }),
    onDesired: (document) => takenDesired.push(document),
    onCommands: (commands) => takenCommands.push(...commands),
    onCancellations: () => {},
    clock,
    log: silentLog,
    random: () => 0.5,
  });
});
afterEach(async () => {
  const stopped = uplink[Symbol.asyncDispose]();
  await clock.settle();
  await stopped;
  expect(clock.pending, 'timers left').toBe(0);
  outbox[Symbol.dispose]();
  database[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Lets commits, frames and acknowledgements go to and fro. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await clock.settle();
}
const fill = (lane: 'urgent' | 'state' | 'samples', count: number, size = 0) =>
  outbox.enqueue(
    lane,
    Array.from({ length: count }, (_, n) => recordOf(lane, n, size)),
  );
const command = (id: string): Command => ({
  id,
  device: 'd1',
  capability: 'power',
  name: 'on',
  args: {},
  notAfter: 9e12,
  issuedAt: 1,
});

describe('the uplink', () => {
  it('greets, delivers everything in order and deletes it', async () => {
    await fill('samples', 2_500);
    await fill('urgent', 3);
    uplink.start();
    await settle();
    expect(hub.ledger.hellos).toMatchObject([
      {
        epoch: outbox.epoch,
        generation: 0,
        lanes: { urgent: { head: 1, next: 4 }, samples: { head: 1, next: 2_501 } },
      },
    ]);
    expect(hub.ledger.frames[0]?.lane).toBe('urgent');
    expect(hub.ledger.stored.samples.map(({ seq }) => seq)).toEqual(Array.from({ length: 2_500 }, (_, n) => n + 1));
    expect(outbox.accounts().samples).toMatchObject({ delivered: 2_500, pending: 0 });
    await fill('state', 2);
    await settle();
    expect(hub.ledger.stored.state).toHaveLength(2);
    expect(uplink.isOnline).toBe(true);
  });

  it('sends a heartbeat at once and then each 30 s', async () => {
    uplink.start();
    await settle();
    await clock.advance(5_000);
    expect(hub.ledger.heartbeats).toHaveLength(1);
    await clock.advance(60_000);
    expect(hub.ledger.heartbeats).toHaveLength(3);
    expect(hub.ledger.heartbeats[2]).toMatchObject({ uptimeSeconds: 65, devices: { total: 4, up: 3 } });
  });

  it('lets an urgent record pass a backlog that the hub is slow to take', async () => {
    await fill('samples', 50_000);
    uplink.start();
    hub.isMute = true;
    await settle();
    const backlog = hub.offered.length;
    expect(backlog).toBeGreaterThan(0);
    await fill('urgent', 1);
    await settle();
    expect(hub.offered.slice(backlog)).toEqual(['urgent']);
  });

  it('stalls while the hub does not acknowledge, and holds no more than its window', async () => {
    await fill('samples', 50_000);
    hub.isMute = true;
    uplink.start();
    await settle();
    expect(outbox.accounts().samples.pending).toBe(50_000);
    expect(hub.offered.length).toBeLessThanOrEqual(windowLimits.frames);
    hub.isMute = false;
    await clock.advance(windowLimits.patienceMs + 5_000);
    await settle();
    await settle();
    expect(hub.ledger.stored.samples).toHaveLength(50_000);
  });

  it('gives up a frozen connection after 30 s and delivers over the next', async () => {
    await fill('state', 10);
    hub.isFrozen = true;
    uplink.start();
    await clock.advance(windowLimits.patienceMs + 10_000);
    expect(hub.attempts).toBeGreaterThan(1);
    hub.isFrozen = false;
    await clock.advance(400_000);
    expect(hub.ledger.stored.state.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('comes back by itself, later and later, and never faster than 1 s', async () => {
    hub.isDown = true;
    uplink.start();
    await settle();
    expect(hub.attempts).toBe(1);
    await clock.advance(999);
    expect(hub.attempts).toBe(1);
    await clock.advance(3_600_000);
    expect(hub.attempts).toBeGreaterThan(20);
    expect(hub.attempts).toBeLessThan(40);
    hub.isDown = false;
    await clock.advance(300_000);
    expect(uplink.isOnline).toBe(true);
    hub.cut();
    await settle();
    expect(uplink.isOnline).toBe(false);
    await clock.advance(15_000);
    expect(uplink.isOnline).toBe(true);
    expect(new Set(hub.ledger.hellos.map(({ session }) => session)).size).toBe(2);
  });

  it('sends again what a cut left unanswered, and the hub keeps it once', async () => {
    uplink.start();
    await settle();
    await fill('state', 5);
    hub.cut();
    await fill('state', 5);
    await clock.advance(20_000);
    expect(hub.ledger.stored.state.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(outbox.accounts().state).toMatchObject({ delivered: 10, pending: 0 });
  });

  it('keeps a desired document before it says so, and only a newer one', async () => {
    uplink.start();
    await settle();
    const document: Desired = { generation: 7, issuedAt: 1, devices: [], refused: [] };
    await hub.send('down/desired', document);
    await hub.send('down/desired', document);
    await hub.send('down/desired', { ...document, generation: 6 });
    expect(takenDesired).toEqual([document]);
    expect(new DesiredStore(database).generation).toBe(7);
    hub.cut();
    await clock.advance(20_000);
    expect(hub.ledger.hellos.at(-1)?.generation).toBe(7);
  });

  it('keeps commands before it hands them on', async () => {
    uplink.start();
    await settle();
    await hub.send('down/commands', { commands: [command('c1'), command('c2')] });
    expect(takenCommands.map(({ id }) => id)).toEqual(['c1', 'c2']);
    expect(new Inbox(database).waiting().map(({ id }) => id)).toEqual(['c1', 'c2']);
  });

  it('does not confirm what it cannot store, and confirms what it cannot read', async () => {
    uplink.start();
    await settle();
    const pages = Number(Object.values(database.sql.prepare('pragma page_count').get() ?? {})[0]);
    database.sql.exec(`pragma max_page_count = ${pages}`);
    const many = Array.from({ length: 50 }, (_, n) => ({ ...command(`c${n}`), args: { text: 'x'.repeat(500) } }));
    await expect(hub.send('down/commands', { commands: many })).rejects.toMatchObject({ code: 'disk-full' });
    expect(takenCommands).toEqual([]);
    await expect(hub.send('down/orders', { order: '{}', signature: '' })).resolves.toBeUndefined();
  });

  it('begins a new epoch when the hub knows more than the file, and greets again', async () => {
    hub.ledger.epoch = outbox.epoch;
    hub.ledger.through.state = 90;
    await fill('state', 3);
    uplink.start();
    await settle();
    expect(hub.ledger.hellos).toHaveLength(2);
    expect(hub.ledger.hellos[1]?.epoch).not.toBe(hub.ledger.hellos[0]?.epoch);
    expect(hub.ledger.stored.state.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('tells time by the hub once the hub has told it', async () => {
    expect(uplink.hubNow()).toBe(clock.now());
    hub.ledger.at = clock.now() + 3_600_000;
    uplink.start();
    await settle();
    expect(uplink.hubNow()).toBe(clock.now() + 3_600_000);
  });
});
