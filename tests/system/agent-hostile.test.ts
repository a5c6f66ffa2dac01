import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineDriver } from '../../agent/devices/driver.ts';
import { drivers, findDriver } from '../../agent/devices/registry.ts';
import { type Day, spendHostileDay } from '../support/hostile-day.ts';
import { type Assault, assaults, familyOf, type Ground, shares } from '../support/hostile-families.ts';
import { spendBrokerDay } from '../support/hostile-mqtt.ts';

/** `EDUFLEET_FUZZ_HOURS` makes the day longer or shorter, `EDUFLEET_FUZZ_SEED` makes it another one. */
const wholeHours = Number(process.env['EDUFLEET_FUZZ_HOURS'] ?? 24);
const seed = Number(process.env['EDUFLEET_FUZZ_SEED'] ?? 20_260_302);

/** One turn of the event loop, in CPU time: what the heart of the agent waits at most. */
const turnLimitMs = 1_000;
/** Between the first quarter and the last; code that is compiled in between weighs less than this. */
const growthLimitBytes = 4 * 2 ** 20;
/** Simulated hours take a second or two each; a machine with other work many times as long. */
const limitMs = 120_000 + wholeHours * 30_000;

describe('an agent among hostile devices', () => {
  it('knows how to attack each family, and no other', () => {
    const attacked = new Set(Object.keys(assaults).map(familyOf));
    expect([...attacked].sort()).toEqual(drivers.map(({ family }) => family).sort());
  });

  it.each(Object.keys(assaults))(
    'lives through a day of %s',
    async (name) => {
      const driver = findDriver(familyOf(name));
      if (!driver) throw new Error(`no driver of ${name}`);
      const hours = wholeHours * (shares[name] ?? 1);
      const day = await spendHostileDay({ driver, name, seed, hours });
      const replay = replayOf(name);
      console.info(storyOf(name, hours, day));
      expect(day.wrongs, replay).toEqual([]);
      expect(day.longestTurnMs, `the longest turn of the event loop; ${replay}`).toBeLessThan(turnLimitMs);
      const [first = 0, ...later] = day.memoryBytes;
      expect(Math.max(...later) - first, `growth of the memory over the day; ${replay}`).toBeLessThan(growthLimitBytes);
      expect(day.neighbour.longestGapMs, `a device that behaves was kept waiting; ${replay}`).toBeCloseTo(60_000, 3);
      expect(day.neighbour.polls).toBeGreaterThanOrEqual(hours * 60);
      expect(day.longestBeatMs, `the heart of the agent skipped a beat; ${replay}`).toBeCloseTo(30_000, 3);
      expect(day.lost, `devices that tell the truth again and are not believed; ${replay}`).toEqual([]);
      expect(day.left, `what is held after the end; ${replay}`).toEqual({ sockets: 0, timers: 0 });
      // The day was no easy one, and what lies behind the greeting was met as well.
      expect(day.lies, 'lies that were told').toBeGreaterThan(hours);
      expect(day.samples, 'samples of hostile devices').toBeGreaterThan(hours);
    },
    limitMs,
  );

  it('would notice a driver that fails, blocks, keeps, leaks and lies', async () => {
    const day = await spendHostileDay({ driver: sinner, name: 'sinner', seed, hours: 2, assault: temptation });
    const wrongs = day.wrongs.join('\n');
    expect(wrongs).toContain('a driver failed');
    expect(wrongs).toContain('a driver reports something that the contract does not know');
    expect(wrongs).toContain('nobody caught');
    expect(day.longestTurnMs).toBeGreaterThan(turnLimitMs);
    const [first = 0, ...later] = day.memoryBytes;
    expect(Math.max(...later) - first).toBeGreaterThan(growthLimitBytes);
    expect(day.left.sockets).toBeGreaterThan(0);
    kept.length = 0;
  });

  it(
    'lives through hours of its own broker among hostile clients',
    async () => {
      const hours = wholeHours / 4;
      const day = await spendBrokerDay({ seed, hours });
      const replay = replayOf('broker');
      console.info(`broker, ${hours} h, seed ${seed}: ${JSON.stringify({ ...day, wrongs: day.wrongs.length })}`);
      expect(day.wrongs, replay).toEqual([]);
      expect(day.longestTurnMs, `the longest turn of the event loop; ${replay}`).toBeLessThan(turnLimitMs);
      const [first = 0, ...later] = day.memoryBytes;
      expect(Math.max(...later) - first, `growth of the memory; ${replay}`).toBeLessThan(growthLimitBytes);
      expect(day.sent, 'messages of the client that behaves').toBe(hours * 60);
      expect(day.received, `those that its driver received; ${replay}`).toBe(day.sent);
      expect(day.longestWayMs, `the longest that one was under way; ${replay}`).toBeLessThan(1_000);
      expect(day.visits, 'visits of hostile clients').toBeGreaterThan(hours * 40);
      expect(day.left, `timers after the end; ${replay}`).toBe(0);
    },
    limitMs,
  );
});

const kept: unknown[] = [];

/** Everything that a driver must not do; it must work now and then, or nobody would ask it again. */
const sinner = defineDriver({
  family: 'sinner',
  label: { vi: 'Thử', en: 'Test' },
  settings: z.strictObject({}),
  defaultPort: undefined,
  capabilities: ['power'],
  connect: async ({ tcp, device, reporter }) => {
    const { host = '', port = 0 } = device.address ?? {};
    await tcp.connect({ host, port }, { timeoutMs: 1_000 });
    let polls = 0;
    return {
      pollIntervalMs: 30_000,
      poll: async () => {
        kept.push(Array.from({ length: 10_000 }, (_, n) => n + 0.5));
        polls++;
        if (polls === 10) reporter.report('power', { state: 'sideways' } as never);
        if (polls === 20 && kept.length < 25)
          for (const endsAt = performance.now() + 1_500; performance.now() < endsAt; );
        if (polls === 25) void Promise.reject(new Error('forgotten'));
        if (polls === 30) throw new TypeError('undefined is not a device');
      },
      execute: async () => ({}),
      [Symbol.asyncDispose]: async () => {},
    };
  },
});

async function temptation({ stack }: Ground): Promise<Assault> {
  const server = createServer((socket) => void socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => void server.close());
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  return { targets: [{ desired: { address, settings: {} }, truths: [{ transport: 'tcp', address }] }] };
}

function replayOf(name: string): string {
  const day = `EDUFLEET_FUZZ_SEED=${seed} EDUFLEET_FUZZ_HOURS=${wholeHours}`;
  return `to see it again: ${day} npm run test:system -- agent-hostile -t "${name.replace(/[()]/g, '.')}"`;
}

function storyOf(name: string, hours: number, day: Day): string {
  const mebibytes = day.memoryBytes.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(', ');
  const { succeeded, failed } = day.commands;
  return [
    `${name}, ${hours} h, seed ${seed}: ${day.attempts} connections and requests, ${day.lies} lies,`,
    `${succeeded} commands obeyed and ${failed} failed, ${day.records} records;`,
    `longest turn ${day.longestTurnMs.toFixed(0)} ms, memory at each quarter ${mebibytes} MiB`,
  ].join(' ');
}
