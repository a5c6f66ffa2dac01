import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Policies } from '../../../agent/policies/policies.ts';
import type { CommandTarget } from '../../../agent/runtime/command-router.ts';
import { openDatabase } from '../../../agent/uplink/database.ts';
import { Outbox } from '../../../agent/uplink/outbox.ts';
import { checkRecord } from '../../../hub/ingest/record-check.ts';
import type { PolicyBundle } from '../../../protocols/fleet/policy/bundle.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { bundle, rule, schedule, switchOff, vn } from '../../protocols/fleet/policy/sample.ts';
import { createFakeClock, type FakeClock } from '../../support/clock.ts';
import { createTestSigner, type TestSigner } from '../../support/policy-signer.ts';
import { temporaryFolder } from '../../support/store.ts';

let hub: TestSigner;
let stranger: TestSigner;
const folders = temporaryFolder();
let folder = '';
let clock: FakeClock;
/** What reached the devices, over all lives of the agent. */
let acts: string[] = [];
let execute: (act: string) => Promise<void> = async () => {};

beforeAll(async () => {
  const at = createFakeClock(vn('2026-11-01T00:00'));
  hub = await createTestSigner(join(folders.path, 'hub'), at);
  stranger = await createTestSigner(join(folders.path, 'stranger'), at);
  return () => folders[Symbol.dispose]();
});

let lives = 0;
beforeEach(() => {
  folder = join(folders.path, `agent-${++lives}`);
  clock = createFakeClock(vn('2026-11-18T06:00'));
  acts = [];
  execute = async () => {};
});

interface Life {
  readonly policies: Policies;
  events(): Record<string, unknown>[];
  /** As a power cut does: nothing is ended, only the file is let go. */
  kill(): void;
  stop(): Promise<void>;
}

async function live(): Promise<Life> {
  const database = openDatabase(join(folder, 'outbox.db'));
  const outbox = new Outbox({ database, clock });
  const target = (device: string): CommandTarget => ({
    execute: async ({ capability, name }, onStart) => {
      onStart();
      const act = `${device} ${capability}.${name}`;
      acts.push(act);
      await execute(act);
      return {};
    },
    probe: () => {},
    reported: () => new Map() as unknown as ReturnType<CommandTarget['reported']>,
  });
  const policies = new Policies({
    dataDir: folder,
    database,
    outbox,
    target,
    now: () => clock.now(),
    clock,
    log: silentLog,
  });
  await policies.start({ agentId: 'ag-1', rootPem: hub.rootPem });
  return {
    policies,
    events: () => {
      const frame = outbox.nextFrame('urgent', 0, { records: 10_000, bytes: 10_000_000 });
      return frame ? JSON.parse(frame.recordsJson) : [];
    },
    kill: () => database[Symbol.dispose](),
    stop: async () => {
      await policies[Symbol.asyncDispose]();
      outbox[Symbol.dispose]();
      database[Symbol.dispose]();
    },
  };
}

const told = (life: Life, name: string) => life.events().filter((event) => event['name'] === name);
const data = (event: Record<string, unknown> | undefined) => event?.['data'];
const minutes = (count: number) => count * 60_000;

describe('bundles', () => {
  it('are taken from this hub, for this agent, and only forwards', async () => {
    await using life = disposed(await live());
    await life.policies.accept(hub.envelope(bundle({ number: 5 })));
    expect(life.policies.number).toBe(5);
    const changed = hub.envelope(bundle({ number: 6 }));
    const wrong = [
      stranger.envelope(bundle({ number: 7 })),
      { ...changed, policy: changed.policy.replace('"number":6', '"number":8') },
      { ...changed, signer: { ...changed.signer, key: stranger.envelope(bundle()).signer.key } },
      hub.envelope(bundle({ number: 9, agent: 'ag-2' })),
      hub.envelope(bundle({ number: 4 })),
      hub.envelope({ ...bundle({ number: 10 }), rules: [{ ...rule(), calendar: 3 }] }),
    ];
    for (const envelope of wrong) await life.policies.accept(envelope);
    expect(life.policies.number).toBe(5);
    await clock.advance(1_000);
    expect(told(life, 'policy-refused').map((event) => (data(event) as { code: string }).code)).toEqual([
      'policy-untrusted',
      'policy-untrusted',
      'policy-untrusted',
      'policy-foreign',
      'policy-outdated',
      'policy-unreadable',
    ]);
  });

  it('survive a restart, and a damaged one gives way to the one before', async () => {
    const first = await live();
    await first.policies.accept(hub.envelope(bundle({ number: 1 })));
    await first.policies.accept(hub.envelope(bundle({ number: 2 })));
    await first.stop();
    const file = join(folder, 'policies/current.json');
    const second = await live();
    expect(second.policies.number).toBe(2);
    await second.stop();
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 200));
    await using third = disposed(await live());
    expect(third.policies.number).toBe(1);
    await clock.advance(1_000);
    expect(data(told(third, 'policy-fallback')[0])).toMatchObject({ number: 1 });
    // What is no good does not push out the one that holds.
    await third.policies.accept(hub.envelope(bundle({ number: 3 })));
    expect(third.policies.number).toBe(3);
  });
});

describe('schedules', () => {
  it('run one device after the other, and each run is told once in records that the hub takes', async () => {
    await using life = disposed(await live());
    await life.policies.accept(hub.envelope(bundle()));
    await clock.advance(minutes(49) + 59_000);
    expect(acts).toEqual([]);
    await clock.advance(2_000);
    expect(acts).toEqual(['board-1 power.on']);
    await clock.advance(minutes(60 * 12));
    expect(acts).toEqual(
      [1, 2, 3].map((n) => `board-${n} power.on`).concat([1, 2, 3].map((n) => `board-${n} power.off`)),
    );
    const runs = told(life, 'policy-run');
    expect(runs).toHaveLength(6);
    expect(data(runs[0])).toMatchObject({
      run: 'p1r1s0/board-1/2026-11-18.first',
      state: 'succeeded',
      number: 1,
      isLate: false,
    });
    const context = { owns: () => true, earliest: 0, latest: Number.MAX_SAFE_INTEGER };
    for (const event of life.events()) expect(checkRecord(event, 'urgent', context)).toHaveProperty('record');
  });

  it('that began and were cut off are unknown, and never begun again', async () => {
    execute = () => new Promise(() => {});
    const first = await live();
    await first.policies.accept(hub.envelope(bundle()));
    await clock.advance(minutes(51));
    expect(acts).toHaveLength(3);
    first.kill();
    execute = async () => {};
    await using second = disposed(await live());
    await clock.advance(minutes(20));
    expect(acts).toHaveLength(3);
    expect(told(second, 'policy-run').map((event) => (data(event) as { state: string }).state)).toEqual(
      Array(3).fill('unknown'),
    );
  });

  it('that had not begun when the power went are made up for as the rule says', async () => {
    const first = await live();
    await first.policies.accept(hub.envelope(bundle()));
    await clock.advance(minutes(50) + 6_000);
    expect(acts).toEqual(['board-1 power.on', 'board-2 power.on']);
    first.kill();
    clock.setWall(clock.now() + minutes(10));
    await using second = disposed(await live());
    await clock.advance(1_000);
    expect(acts).toEqual(['board-1 power.on', 'board-2 power.on', 'board-3 power.on']);
    expect(data(told(second, 'policy-run').at(-1))).toMatchObject({ isLate: true });
  });

  it('follow a clock that is set, and do nothing twice when it is set back', async () => {
    await using life = disposed(await live());
    await life.policies.accept(
      hub.envelope(bundle({ schedules: [schedule({ missed: { kind: 'skip' } }), switchOff] })),
    );
    await clock.advance(minutes(51));
    clock.setWall(vn('2026-11-18T05:00'));
    await clock.advance(minutes(60 * 3));
    expect(acts).toHaveLength(3);
    clock.setWall(vn('2026-11-19T06:48'));
    await clock.advance(minutes(5));
    // The evening was slept through, but the morning is the later wish.
    expect(acts.slice(3)).toEqual(
      [1, 2, 3].map((n) => `board-${n} power.off`).concat([1, 2, 3].map((n) => `board-${n} power.on`)),
    );
  });

  it('end with the bundle, and the agent says so', async () => {
    const ending: PolicyBundle = bundle({ expiresAt: vn('2026-11-18T12:00'), graceDays: 1 });
    await using life = disposed(await live());
    await life.policies.accept(hub.envelope(ending));
    await clock.advance(minutes(60 * 72));
    expect(acts).toHaveLength(9);
    expect(told(life, 'policy-phase').map((event) => (data(event) as { phase: string }).phase)).toEqual([
      'grace',
      'over',
    ]);
  });
});

describe('rules', () => {
  it('act on what a device tells, within their bounds, also after a restart', async () => {
    const first = await live();
    await first.policies.accept(hub.envelope(bundle({ schedules: [], rules: [rule()] })));
    const alarm = () => ({
      kind: 'event' as const,
      device: 'gate-1',
      capability: 'gate',
      name: 'alarm',
      severity: 'warning' as const,
      at: clock.now(),
      data: { reason: 'external' },
    });
    first.policies.observe(alarm());
    first.policies.observe(alarm());
    await clock.advance(1_000);
    expect(acts).toEqual(['lamp-1 relay.set']);
    expect(told(first, 'policy-rule').map((event) => (data(event) as { outcome: string }).outcome)).toEqual(['fired']);
    await first.stop();
    await using second = disposed(await live());
    second.policies.observe(alarm());
    await clock.advance(minutes(2));
    expect(acts).toHaveLength(1);
    second.policies.observe(alarm());
    await clock.advance(1_000);
    expect(acts).toHaveLength(2);
  });
});

function disposed(life: Life): Life & AsyncDisposable {
  return { ...life, [Symbol.asyncDispose]: life.stop };
}
