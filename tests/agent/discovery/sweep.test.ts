import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TcpPort } from '../../../agent/devices/driver.ts';
import { readRanges } from '../../../agent/discovery/address-range.ts';
import { Surveyor } from '../../../agent/discovery/surveyor.ts';
import { sweepPorts } from '../../../agent/discovery/sweep.ts';
import { FatalError, RecoverableError } from '../../../protocols/errors.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock, type FakeClock } from '../../support/clock.ts';
import { createRuntimeBench, createScriptedDriver } from '../../support/scripted-driver.ts';

const never = new AbortController().signal;

/** A network in which a test says what happens at each address; it counts how many connections stand at once. */
function networkOf(clock: FakeClock, answer: (host: string, port: number) => 'open' | 'silent' | string) {
  const seen = { asked: [] as string[], now: 0, most: 0 };
  const tcp: TcpPort = {
    connect: async ({ host, port }, { timeoutMs, signal }) => {
      seen.asked.push(`${host}:${port}`);
      seen.most = Math.max(seen.most, ++seen.now);
      try {
        const what = answer(host, port);
        if (what === 'silent') {
          await clock.wait(timeoutMs, signal);
          throw new RecoverableError('timeout', 'silent');
        }
        if (what === 'address-not-allowed') throw new FatalError(what, 'outside the policy');
        if (what !== 'open') throw new RecoverableError(what, what);
        return {
          write: () => Promise.reject(new Error('no byte may be written')),
          read: () => Promise.reject(new Error('nothing is read')),
          [Symbol.asyncDispose]: async () => {},
        };
      } finally {
        seen.now--;
      }
    },
  };
  return { seen, tcp };
}

describe('ranges of addresses', () => {
  it('leave out what is no machine, and go round', () => {
    const ranges = readRanges(['192.168.7.0/30', '10.0.0.9', '10.0.0.4/31']);
    expect(ranges.size).toBe(5);
    expect(ranges.take(0, 9)).toEqual(['192.168.7.1', '192.168.7.2', '10.0.0.9', '10.0.0.4', '10.0.0.5']);
    expect(ranges.take(4, 2)).toEqual(['10.0.0.5', '192.168.7.1']);
    expect(readRanges([]).take(0, 9)).toEqual([]);
  });

  it.each(['10.0.0.0/15', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/9', 'fd00::/120', 'school.test', '10.0.0.0/1e1'])(
    'name the entry %s that is none',
    (entry) => expect(() => readRanges([entry])).toThrow(entry),
  );

  it('give each address of a block once, and only those', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 22, max: 32 }), fc.nat(5_000), (address, prefix, from) => {
        const ranges = readRanges([`${address}/${prefix}`]);
        const taken = ranges.take(from % ranges.size, ranges.size);
        expect(new Set(taken).size).toBe(ranges.size);
        const block = (ip: string) =>
          Math.floor(ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) / 2 ** (32 - prefix));
        for (const ip of taken) expect(block(ip)).toBe(block(address));
      }),
    );
  });
});

describe('the sweep of ports', () => {
  it('says what is open, sends nothing, and leaves alone who is silent, absent or forbidden', async () => {
    const clock = createFakeClock();
    const { seen, tcp } = networkOf(clock, (host, port) => {
      if (host === 'silent') return 'silent';
      if (host === 'absent') return 'unreachable';
      if (host === 'forbidden') return 'address-not-allowed';
      return port === 443 ? 'open' : 'connection-refused';
    });
    const ports = [80, 81, 443, 5084];
    const targets = ['here', 'silent', 'absent', 'forbidden'].map((host) => ({ host, ports }));
    const sweeping = sweepPorts(targets, { tcp, clock, log: silentLog, signal: never });
    await clock.advance(5_000);
    expect(await sweeping).toEqual({ open: [{ kind: 'open-port', host: 'here', port: 443 }], looked: 4 });
    const times = (host: string) => seen.asked.filter((place) => place.startsWith(host)).length;
    expect([times('here'), times('silent'), times('absent')]).toEqual([4, 2, 1]);
    expect(clock.pending).toBe(0);
  });

  it('opens 20 at a time, ends after two minutes, and goes on from there', async () => {
    const clock = createFakeClock();
    const { seen, tcp } = networkOf(clock, () => 'silent');
    const targets = Array.from({ length: 4_000 }, (_, at) => ({ host: `h${at}`, ports: [1, 2] }));
    const sweeping = sweepPorts(targets, { tcp, clock, log: silentLog, signal: never });
    for (let passed = 0; passed < 121_000; passed += 1_000) await clock.advance(1_000);
    const { looked } = await sweeping;
    expect(seen.most).toBe(20);
    // 20 addresses in 1.6 s.
    expect(looked).toBeGreaterThan(1_400);
    expect(looked).toBeLessThan(1_520);
    expect(clock.pending).toBe(0);
  });

  it('looks at 1024 addresses of the ranges in a round and at the next ones in the next, and leaves adopted places alone', async () => {
    const { clock, ports } = createRuntimeBench();
    const { seen, tcp } = networkOf(clock, () => 'connection-refused');
    const surveyor = new Surveyor({
      drivers: [{ ...createScriptedDriver().driver, traces: { ports: [80, 443] } }],
      policy: {
        targets: [{ host: '10.9.9.9' }, { host: '10.9.9.8', port: 80 }],
        broadcast: false,
        ranges: ['10.0.0.0/21'],
      },
      network: { ...ports.network, tcp },
      clock,
      log: silentLog,
      adopted: () => [{ host: '10.0.0.1' }, { host: '10.0.0.2', port: 443 }, undefined],
    });
    expect(await surveyor.look(never)).toEqual([]);
    const first = seen.asked.splice(0);
    expect(first).toHaveLength(2 * 1_025 - 3);
    expect(first).not.toContain('10.0.0.1:80');
    expect(first).toContain('10.0.0.2:80');
    expect(first).not.toContain('10.0.0.2:443');
    expect(first.filter((place) => place.startsWith('10.9.9.'))).toEqual(['10.9.9.9:80', '10.9.9.9:443']);
    await surveyor.look(never);
    const second = seen.asked.splice(0);
    // 2046 addresses: the second round ends with the two that the first one began with.
    expect(
      second
        .filter((place) => first.includes(place) && place.startsWith('10.0.'))
        .every((place) => /^10\.0\.0\.[12]:/.test(place)),
    ).toBe(true);
    expect(second).toContain('10.0.7.254:443');
  });
});
