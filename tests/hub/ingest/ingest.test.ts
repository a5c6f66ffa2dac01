import { describe, expect, it } from 'vitest';
import { createIngest, type Ingest } from '../../../hub/ingest/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { openStore } from '../../../hub/store/index.ts';
import { createTelemetry } from '../../../hub/telemetry/index.ts';
import { RecoverableError } from '../../../protocols/errors.ts';
import type { Hello } from '../../../protocols/fleet/messages.ts';
import { packJson } from '../../../protocols/fleet/payload.ts';
import type { FleetRecord, Lane } from '../../../protocols/fleet/record.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';
import { createFleet, everything } from '../../support/fleet.ts';
import { startPostgres } from '../../support/postgres.ts';
import { describeStores } from '../../support/store.ts';

const epoch = 'e0000001';
const now = Date.now();

async function setUp(store: Store, options: Partial<Parameters<typeof createIngest>[0]> = {}) {
  const fleet = await createFleet(store);
  const telemetry = createTelemetry({ store, clock: systemClock, log: silentLog });
  const results: unknown[] = [];
  const ingest = createIngest({
    ...fleet,
    telemetry,
    log: silentLog,
    commands: {
      applyResults: async (_trx, agentId, records) => {
        for (const { command, state } of records) results.push([agentId, command, state]);
      },
    },
    ...options,
  });
  const device = fleet.host;
  const event = (seq: number, from = 'on'): FleetRecord => ({
    kind: 'event',
    seq,
    at: now,
    device,
    capability: 'power',
    name: 'changed',
    severity: 'info',
    data: { from, to: String(seq) },
  });
  const tick = (seq: number): FleetRecord => ({
    kind: 'samples',
    seq,
    at: now + seq,
    device,
    values: { 'lamp.hours': seq },
  });
  const events = async () =>
    (await store.db.selectFrom('event').select('data').orderBy('id').execute()).map(({ data }) => Number(data['to']));
  const stream = async (lane: Lane) =>
    store.db
      .selectFrom('stream')
      .select(['through', 'delivered', 'shed', 'missing'])
      .where('lane', '=', lane)
      .executeTakeFirst();
  return { ...fleet, telemetry, ingest, results, device, event, tick, events, stream };
}

function frame(lane: Lane, records: readonly unknown[], from: number, through = from + records.length - 1): Uint8Array {
  return packJson({ epoch, sentAt: now, lane, from, through, records });
}

function hello(lanes: Partial<Hello['lanes']> = {}): Hello {
  const empty = { head: 1, next: 1 };
  return {
    version: '1.0.0',
    bootId: 'boot',
    session: 'session',
    epoch,
    at: now,
    startedAt: now - 1_000,
    platform: 'linux x64',
    generation: 1,
    orderSeq: 0,
    families: [],
    lanes: { urgent: empty, state: empty, samples: empty, ...lanes },
  };
}

describeStores('ingest', (open) => {
  it('stores each record once, acknowledges after the commit, and answers a gap with what stands', async () => {
    const { ingest, event, events, stream } = await setUp(await open());
    expect(await ingest.submit('a1', frame('state', [event(1), event(2)], 1))).toEqual({
      epoch,
      through: { state: 2 },
      rejected: [],
    });
    expect(await ingest.submit('a1', frame('state', [event(5)], 5))).toMatchObject({ through: { state: 2 } });
    expect(await ingest.submit('a1', frame('state', [event(1), event(2)], 1))).toMatchObject({ through: { state: 2 } });
    expect(await ingest.submit('a1', frame('state', [event(2), event(3)], 2))).toMatchObject({ through: { state: 3 } });
    expect(await events()).toEqual([1, 2, 3]);
    expect(await stream('state')).toEqual({ through: 3, delivered: 3, shed: 0, missing: 0 });
    expect(ingest.counters).toMatchObject({ frames: 4, gaps: 1, known: 1, records: 3, waiting: 0, waitingBytes: 0 });
  });

  it('brings every kind of record to its feature, in one transaction, and tells after it', async () => {
    const { ingest, device, store, registry, twin, telemetry, results, bus, tick } = await setUp(await open());
    const heard: string[] = [];
    bus.subscribe(({ event }) => event.type !== 'agent-changed' && heard.push(event.type));
    const stamp = { at: now, device };
    const ack = await ingest.submit(
      'a1',
      frame(
        'state',
        [
          { ...stamp, kind: 'state', seq: 1, capability: 'power', state: { state: 'on', extra: 1 } },
          { ...stamp, kind: 'inventory', seq: 2, descriptor: { family: 'x', vendor: 'Acme', capabilities: {} } },
          { kind: 'result', seq: 3, at: now, command: 'c-1', state: 'succeeded' },
          {
            kind: 'proposal',
            seq: 4,
            at: now,
            key: 'k',
            family: 'x',
            address: { host: '10.0.0.1' },
            needsCredentials: false,
            evidence: [],
          },
          {
            kind: 'event',
            seq: 5,
            at: now,
            capability: 'host',
            name: 'rebooted',
            severity: 'info',
            data: { bootedAt: 1 },
          },
        ],
        1,
      ),
    );
    expect(ack).toEqual({ epoch, through: { state: 5 }, rejected: [] });
    await ingest.submit('a1', frame('samples', [tick(1), tick(2)], 1));
    expect(twin.stateOf(device, 'power')?.state).toEqual({ state: 'on' });
    expect((await registry.getDevice(everything, device)).vendor).toBe('Acme');
    expect(results).toEqual([['a1', 'c-1', 'succeeded']]);
    expect((await registry.listProposals(everything, { limit: 1, status: 'open' })).total).toBe(1);
    expect(await store.db.selectFrom('event').select(['device_id', 'agent_id']).execute()).toEqual([
      { device_id: null, agent_id: 'a1' },
    ]);
    expect(telemetry.latestOf(device)).toMatchObject({ 'lamp.hours': { value: 2 } });
    expect(heard).toEqual(['device-state', 'device-changed', 'proposals-changed', 'device-samples', 'device-samples']);
  });

  it('puts bad records into quarantine, counts them as stored, and tells the agent which', async () => {
    const { ingest, event, events, stream, quarantine, tick } = await setUp(await open());
    const bad = { ...event(2), device: 'd-other' };
    expect(await ingest.submit('a1', frame('state', [event(1), bad, event(3)], 1))).toEqual({
      epoch,
      through: { state: 3 },
      rejected: [{ lane: 'state', seq: 2, code: 'unknown-device', message: expect.any(String) }],
    });
    expect(await events()).toEqual([1, 3]);
    const shed = { kind: 'shed', seq: 8, at: now, from: 4, count: 5 };
    await ingest.submit('a1', frame('state', [shed, event(10)], 4, 11));
    expect(await stream('state')).toEqual({ through: 11, delivered: 4, shed: 5, missing: 2 });
    expect(await ingest.submit('a1', frame('samples', 'none' as never, 1, 4))).toMatchObject({
      through: { samples: 4 },
      rejected: [{ lane: 'samples', seq: 1, code: 'bad-frame' }],
    });
    await ingest.submit('a1', frame('samples', [tick(5)], 5));
    const { rows } = await quarantine.list(everything, { limit: 10 });
    expect(rows.map(({ code, lane, seq, agent }) => [code, lane, seq, agent])).toEqual([
      ['bad-frame', 'samples', 1, 'a1'],
      ['frame-gap', 'state', 11, 'a1'],
      ['frame-gap', 'state', 9, 'a1'],
      ['unknown-device', 'state', 2, 'a1'],
    ]);
  });

  it('keeps an unreadable payload once, and answers with what stands in the epoch of the greeting', async () => {
    const { ingest, quarantine, registry } = await setUp(await open());
    const garbage = Buffer.from('{"nothing":');
    expect(await ingest.submit('a1', garbage)).toBeUndefined();
    const families = [{ name: 'some-projector', label: { vi: 'Máy chiếu', en: 'Projector' } }];
    await ingest.hello('a1', { ...hello(), families });
    expect(registry.families()).toEqual(families);
    expect(await ingest.submit('a1', garbage)).toEqual({
      epoch,
      through: { urgent: 0, state: 0, samples: 0 },
      rejected: [],
    });
    await ingest.submit('a1', Buffer.from('{"other":'));
    expect((await quarantine.list(everything, { limit: 10 })).total).toBe(2);
  });

  it('finds the record that the database refuses, and stores all others', async () => {
    const { ingest, event, events, quarantine, addAgent, tick } = await setUp(await open());
    await addAgent('a2');
    // PostgreSQL has no place for U+0000 in JSON; everything else in these frames is sound.
    const [first, second, third] = await Promise.all([
      ingest.submit('a1', frame('state', [event(1), event(2, 'a\u0000b'), event(3)], 1)),
      ingest.submit('a2', frame('samples', [{ ...tick(1), device: 'd-none' }], 1)),
      ingest.submit('a1', frame('state', [event(4)], 4)),
    ]);
    expect(first).toMatchObject({ through: { state: 3 }, rejected: [{ seq: 2, code: 'not-storable' }] });
    expect(second).toMatchObject({ through: { samples: 1 }, rejected: [{ code: 'unknown-device' }] });
    expect(third).toMatchObject({ through: { state: 4 }, rejected: [] });
    expect(await events()).toEqual([1, 3, 4]);
    const { rows } = await quarantine.list(everything, { limit: 10, code: 'not-storable' });
    expect(rows).toMatchObject([{ lane: 'state', seq: 2 }]);
  });

  it('holds up nobody because of an agent that the database does not know', async () => {
    const { ingest, event, events } = await setUp(await open());
    const outcomes = await Promise.allSettled([
      ingest.submit('ghost', frame('state', [{ ...event(1), device: undefined }], 1)),
      ingest.submit('a1', frame('state', [event(1)], 1)),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { name: 'RecoverableError', code: 'ingest-failed' } },
      { status: 'fulfilled', value: { through: { state: 1 } } },
    ]);
    expect(await events()).toEqual([1]);
  });

  it('counts on a greeting what a restored database never had, and tells of an outbox that went back', async () => {
    const { ingest, event, stream, quarantine, registry } = await setUp(await open());
    await ingest.submit('a1', frame('state', [event(1), event(2)], 1));
    expect(await ingest.hello('a1', hello({ state: { head: 6, next: 9 } }))).toMatchObject({
      through: { urgent: 0, state: 5, samples: 0 },
    });
    expect(await stream('state')).toEqual({ through: 5, delivered: 2, shed: 0, missing: 3 });
    expect(registry.agentOf('a1')).toMatchObject({ version: '1.0.0', session: 'session', heldGeneration: 1 });
    await ingest.hello('a1', hello({ state: { head: 3, next: 4 } }));
    expect((await quarantine.list(everything, { limit: 5 })).rows).toMatchObject([
      { code: 'outbox-went-back', channel: 'up/hello' },
    ]);
  });

  it('takes what an agent tells of itself', async () => {
    const { ingest, store, device } = await setUp(await open());
    const replaced = {
      kind: 'event',
      seq: 1,
      at: now,
      capability: 'agent',
      name: 'outbox-replaced',
      severity: 'critical',
      data: { reason: 'the file is no database' },
    };
    expect(await ingest.submit('a1', frame('urgent', [replaced], 1))).toEqual({
      epoch,
      through: { urgent: 1 },
      rejected: [],
    });
    const { rejected } = (await ingest.submit('a1', frame('urgent', [{ ...replaced, seq: 2, device }], 2))) ?? {};
    expect(rejected).toMatchObject([{ seq: 2, code: 'unknown-capability' }]);
    expect(await store.db.selectFrom('event').select(['agent_id', 'name', 'severity', 'data']).execute()).toEqual([
      { agent_id: 'a1', name: 'outbox-replaced', severity: 'critical', data: { reason: 'the file is no database' } },
    ]);
  });

  it('goes above the wishes that an agent holds and a restored database never gave', async () => {
    const { ingest, registry } = await setUp(await open());
    const wanted: string[] = [];
    using _ = registry.onDesired((agentId) => wanted.push(agentId));
    await ingest.hello('a1', { ...hello(), generation: 0 });
    await ingest.hello('a1', { ...hello(), generation: 1 });
    expect(wanted).toEqual([]);
    expect((await registry.desiredFor('a1')).generation).toBe(1);
    await ingest.hello('a1', { ...hello(), generation: 7 });
    expect(wanted).toEqual(['a1']);
    expect(await registry.desiredFor('a1')).toMatchObject({ generation: 8, devices: [{ family: 'mini-pc' }] });
    expect(registry.agentOf('a1')).toMatchObject({ desiredGeneration: 8, heldGeneration: 7 });
    // No hub counts so far: an agent that says so must not bring the counter to its end.
    await ingest.hello('a1', { ...hello(), generation: 2_147_483_647 });
    expect((await registry.desiredFor('a1')).generation).toBe(8);
  });

  it('notices that another hub stored records of the same agent', async () => {
    const store = await open();
    const { event, events, ingest, ...fleet } = await setUp(store);
    const other = createIngest({
      ...fleet,
      log: silentLog,
      commands: { applyResults: async () => {} },
    });
    await ingest.submit('a1', frame('state', [event(1)], 1));
    await other.submit('a1', frame('state', [event(1), event(2)], 1));
    expect(await ingest.submit('a1', frame('state', [event(2), event(3)], 2))).toMatchObject({ through: { state: 3 } });
    const both = await Promise.all(
      [ingest, other].map((hub) => hub.submit('a1', frame('state', [event(4), event(5)], 4))),
    );
    expect(both).toMatchObject([{ through: { state: 5 } }, { through: { state: 5 } }]);
    expect(await events()).toEqual([1, 2, 3, 4, 5]);
  });

  it('refuses the newest when too much waits, and finishes what it took when it closes', async () => {
    const store = await open();
    const { ingest, event, events } = await setUp(store, { limits: { waitingMessages: 5, waitingOfAgent: 4 } });
    const sent = Array.from({ length: 6 }, (_, index) =>
      ingest.submit('a1', frame('state', [event(index + 1)], index + 1)),
    );
    const closed = ingest[Symbol.asyncDispose]();
    const outcomes = await Promise.allSettled([...sent, ingest.submit('a1', frame('state', [event(7)], 7))]);
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(4).fill('fulfilled'), ...Array(3).fill('rejected')]);
    expect(outcomes[5]).toMatchObject({ reason: { code: 'ingest-busy' } });
    await closed;
    expect(await events()).toEqual([1, 2, 3, 4]);
  });

  it('commits many agents at once', async () => {
    const { ingest, addAgent, store } = await setUp(await open());
    const agents = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => ({ id: `b${index}`, device: await addAgent(`b${index}`) })),
    );
    const before = ingest.counters.commits;
    const sends: Promise<unknown>[] = [];
    for (let seq = 1; seq <= 20; seq++)
      for (const { id, device } of agents)
        sends.push(
          ingest.submit(
            id,
            frame('samples', [{ kind: 'samples', seq, at: now, device, values: { 'lamp.hours': 1 } }], seq),
          ),
        );
    await Promise.all(sends);
    expect(ingest.counters.commits - before).toBeLessThan(60);
    const rows = await store.db.selectFrom('stream').select('through').execute();
    expect(rows.every(({ through }) => through === 20)).toBe(true);
  });

  it('shows samples to those who watch them, and stores them whatever becomes of that', async () => {
    const seen: number[] = [];
    const watcher = {
      kinds: ['samples' as const],
      apply: async (_trx: unknown, _agentId: string, records: readonly { readonly seq: number }[]) => {
        if (records.some(({ seq }) => seq === 3)) throw new Error('a fault of the watcher');
        seen.push(...records.map(({ seq }) => seq));
      },
    };
    const { ingest, tick, telemetry, device } = await setUp(await open(), { recordSinks: [watcher] });
    await ingest.submit('a1', frame('samples', [tick(1), tick(2)], 1));
    expect(await ingest.submit('a1', frame('samples', [tick(3)], 3))).toMatchObject({ through: { samples: 3 } });
    expect(telemetry.latestOf(device)['lamp.hours']?.value).toBe(3);
    await ingest.submit('a1', frame('samples', [tick(4)], 4));
    expect(seen).toEqual([1, 2, 4]);
  });

  it('does not store what a sink could not take for now', async () => {
    let away = true;
    const sink = {
      kinds: ['event' as const],
      apply: async () => {
        if (away) throw new RecoverableError('database-unavailable', 'away');
      },
    };
    const { ingest, event, events, stream } = await setUp(await open(), { recordSinks: [sink] });
    await expect(ingest.submit('a1', frame('state', [event(1)], 1))).rejects.toMatchObject({
      code: 'database-unavailable',
    });
    expect(await stream('state')).toBeUndefined();
    away = false;
    expect(await ingest.submit('a1', frame('state', [event(1)], 1))).toMatchObject({ through: { state: 1 } });
    expect(await events()).toEqual([1]);
  });
});

describe('ingest without its database', () => {
  it('stores nothing, says so, and goes on by itself', { timeout: 60_000 }, async () => {
    await using server = await startPostgres();
    const databaseUrl = await server.createDatabase('edufleet');
    await using store = await openStore({ databaseUrl, dataDir: '/tmp', clock: systemClock, log: silentLog });
    const { ingest, event, events } = await setUp(store);
    await ingest.submit('a1', frame('state', [event(1)], 1));
    await server.crash();
    const lost = await Promise.allSettled([send(ingest, event, 2), send(ingest, event, 3)]);
    for (const outcome of lost)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'database-unavailable' } });
    await server.start();
    await expect
      .poll(() => send(ingest, event, 2).catch(() => undefined), { timeout: 20_000 })
      .toMatchObject({
        through: { state: 2 },
      });
    await send(ingest, event, 3);
    expect(await events()).toEqual([1, 2, 3]);
  });
});

function send(ingest: Ingest, event: (seq: number) => FleetRecord, seq: number) {
  return ingest.submit('a1', frame('state', [event(seq)], seq));
}
