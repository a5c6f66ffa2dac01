import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createBans } from '../../../hub/broker/bans.ts';
import { createCounters } from '../../../hub/broker/counters.ts';
import { Rejection, toRejection } from '../../../hub/broker/error.ts';
import { createJournal } from '../../../hub/broker/journal.ts';
import { createStrangers } from '../../../hub/broker/strangers.ts';
import { createTakeovers } from '../../../hub/broker/takeovers.ts';
import { inTurn } from '../../../hub/broker/turn.ts';
import { type LogFields, silentLog } from '../../../protocols/ports.ts';
import { guardPacketSize } from '../../../provisioning/platform/packet-guard.ts';
import { createFakeClock } from '../../support/clock.ts';

const socketOf = (address: string, port: number) =>
  Object.defineProperties(new Socket(), {
    remoteAddress: { value: address },
    remotePort: { value: port },
    localPort: { value: 8883 },
  });

describe('strangers', () => {
  it('are bounded by address and in all, and make room when they leave or become known', () => {
    const strangers = createStrangers({ strangersPerAddress: 2, strangers: 3 });
    const [a, b, c, d, e] = [socketOf('a', 1), socketOf('a', 2), socketOf('a', 3), socketOf('b', 4), socketOf('c', 5)];
    expect([strangers.enter(a, 'a'), strangers.enter(b, 'a'), strangers.enter(c, 'a')]).toEqual([true, true, false]);
    expect([strangers.enter(d, 'b'), strangers.enter(e, 'c')]).toEqual([true, false]);
    strangers.leave(a);
    strangers.leave(a);
    expect(strangers.enter(c, 'a')).toBe(true);
    strangers.leaveByAddress(socketOf('b', 4));
    expect(strangers.enter(e, 'c')).toBe(true);
  });
});

describe('bans', () => {
  it('end by themselves', async () => {
    const clock = createFakeClock();
    const bans = createBans(clock, 60_000);
    bans.add('p7');
    expect([bans.has('p7'), bans.has('p8')]).toEqual([true, false]);
    await clock.advance(59_999);
    expect(bans.has('p7')).toBe(true);
    await clock.advance(1);
    expect(bans.has('p7')).toBe(false);
  });
});

describe('takeovers', () => {
  it('of a living session again and again look like two machines; a lost line does not', async () => {
    const clock = createFakeClock();
    const takeovers = createTakeovers(clock);
    const lost = Array.from({ length: 20 }, () => takeovers.note('p7', 60_000));
    expect(lost).not.toContain(true);
    const fighting = Array.from({ length: 6 }, () => takeovers.note('p7', 1_000));
    expect(fighting).toEqual([false, false, false, false, false, true]);
    expect(takeovers.note('p7', 1_000)).toBe(false);
    for (let i = 0; i < 20; i++) {
      await clock.advance(121_000);
      expect(takeovers.note('p8', 1_000)).toBe(false);
    }
  });
});

describe('the journal', () => {
  const build = () => {
    const clock = createFakeClock();
    const lines: LogFields[] = [];
    const kept: string[] = [];
    const audited: string[] = [];
    const counters = createCounters();
    const journal = createJournal({
      clock,
      counters,
      log: { ...silentLog, warn: (_message, fields = {}) => lines.push(fields) },
      quarantine: { add: ({ code }) => kept.push(code) },
      audit: { append: async ({ action }) => audited.push(action) },
    });
    return { clock, lines, kept, audited, counters, journal };
  };

  it('counts every refusal, but lets no address fill log and quarantine', async () => {
    const { clock, lines, kept, counters, journal } = build();
    for (let i = 0; i < 1_000; i++) journal.rejected(new Rejection('tls-rejected', 'no'), { address: 'a' });
    journal.rejected(new Rejection('tls-rejected', 'no'), { address: 'b' });
    expect([lines.length, kept.length, counters.rejects['tls-rejected']]).toEqual([11, 11, 1_001]);
    await clock.advance(61_000);
    journal.rejected(new Rejection('tls-rejected', 'no'), { address: 'a' });
    expect(lines.slice(11)).toMatchObject([
      { from: 'a', count: 990 },
      { address: 'a', code: 'tls-rejected' },
    ]);
  });

  it('always tells a violation, and only counts who just left', () => {
    const { kept, audited, counters, journal } = build();
    for (let i = 0; i < 20; i++)
      journal.violated(new Rejection('foreign-topic', 'no'), { address: 'a', agentId: 'p7' });
    journal.rejected(new Rejection('connection-lost', 'gone'), { address: 'c' });
    expect([kept.length, audited.length, counters.rejects['connection-lost']]).toEqual([20, 20, 1]);
  });
});

describe('one turn at a time', () => {
  it('runs once more for all calls that came meanwhile', async () => {
    let running = 0;
    let runs = 0;
    const gates: (() => void)[] = [];
    const turn = inTurn(async () => {
      expect(++running).toBe(1);
      runs++;
      await new Promise<void>((resolve) => gates.push(resolve));
      running--;
    });
    const calls = [turn(), turn(), turn(), turn()];
    gates.shift()?.();
    await expect.poll(() => gates.length).toBe(1);
    gates.shift()?.();
    await Promise.all(calls);
    expect(runs).toBe(2);
  });

  it('goes on after a run that failed, and tells who asked for it', async () => {
    let fail = true;
    const turn = inTurn(async () => {
      if (fail) throw new Error('away');
    });
    await expect(turn()).rejects.toThrow('away');
    fail = false;
    await expect(turn()).resolves.toBeUndefined();
  });
});

describe('reasons', () => {
  it('are read from what the library says', () => {
    const read = (message: string) => toRejection(new Error(message)).code;
    expect(read('keep alive limit exceeded')).toBe('keepalive-refused');
    expect(read('drain timeout')).toBe('slow-reader');
    expect(read('read ECONNRESET')).toBe('connection-lost');
    expect(read('Invalid header flag bits')).toBe('malformed-packet');
    expect(toRejection('nonsense').code).toBe('malformed-packet');
  });

  it('end the start of a broker whose library can no longer be bounded', () => {
    expect(() => guardPacketSize({}, () => 1, Error)).toThrow(/cannot be given a packet limit/);
    expect(() => guardPacketSize({ _parser: { _parseLength: 1 } }, () => 1, Error)).toThrow();
  });
});
