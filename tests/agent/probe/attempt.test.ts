import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Driver, type DriverContext, type DriverSession, defineDriver } from '../../../agent/devices/driver.ts';
import { DeviceError } from '../../../agent/devices/error.ts';
import { createAbsentBroker } from '../../../agent/platform/local-broker.ts';
import { createProgramPort } from '../../../agent/platform/spawn.ts';
import { attemptDevice } from '../../../agent/probe/attempt.ts';
import type { WireEvent } from '../../../agent/probe/wire-event.ts';
import { createFakeClock, type FakeClock } from '../../support/clock.ts';
import { createTestNetwork } from '../../support/driver-context.ts';

const host = { facts: () => Promise.reject(new Error('none')), load: () => Promise.reject(new Error('none')) };

function driverWith(connect: (context: DriverContext) => Promise<DriverSession>): Driver {
  return defineDriver<unknown>({
    family: 'scripted',
    label: { vi: 'x', en: 'x' },
    settings: z.unknown(),
    defaultPort: undefined,
    capabilities: ['identity'],
    connect,
  });
}

function sessionWith(parts: Partial<DriverSession> & { readonly onClose?: () => void }): DriverSession {
  return {
    pollIntervalMs: 5_000,
    poll: parts.poll ?? (async () => {}),
    execute: () => Promise.reject(new Error('no commands here')),
    [Symbol.asyncDispose]: async () => parts.onClose?.(),
  };
}

function attemptWith(driver: Driver, clock: FakeClock, { signal = new AbortController().signal, stayMs = 0 } = {}) {
  const events: WireEvent[] = [];
  const device = { id: 'd', family: 'scripted', name: 'n', settings: {} };
  const attempt = attemptDevice({
    ...{ driver, device, clock, signal, stayMs, host },
    settings: {},
    network: createTestNetwork(clock),
    broker: createAbsentBroker(),
    programs: createProgramPort(clock),
    listener: (event) => void events.push(event),
  });
  return { attempt, events };
}

describe('one conversation with a device', () => {
  it('keeps what the driver tells, and every reading of the wall clock', async () => {
    const clock = createFakeClock();
    let polls = 0;
    const driver = driverWith(async ({ reporter, clock: seen }) => {
      reporter.describe({ family: 'scripted', capabilities: {} });
      seen.now();
      return sessionWith({
        poll: async () => {
          polls++;
          seen.now();
          reporter.report('identity', { model: `${polls}` });
          reporter.sample({ 'gate.passes': polls });
        },
      });
    });
    const { attempt } = attemptWith(driver, clock, { stayMs: 9_000 });
    await clock.advance(10_000);
    const result = await attempt;
    expect([polls, result.failure, result.clockReads]).toEqual([3, undefined, [0, 0, 5_000, 9_000]]);
    expect(result.states.get('identity')).toEqual({ model: '3' });
    expect(result.samples).toEqual({ 'gate.passes': 3 });
    expect(clock.pending).toBe(0);
  });

  it('gives up a driver that does not connect, and lets go of a session that comes too late', async () => {
    const clock = createFakeClock();
    const { promise, resolve } = Promise.withResolvers<DriverSession>();
    let closed = 0;
    const { attempt } = attemptWith(
      driverWith(() => promise),
      clock,
    );
    await clock.advance(90_000);
    const { failure } = await attempt;
    expect(failure).toMatchObject({ phase: 'connect', problem: { code: 'timeout' } });
    resolve(sessionWith({ onClose: () => closed++ }));
    await clock.settle();
    expect([closed, clock.pending]).toEqual([1, 0]);
  });

  it('closes the session after a failed poll, and tells the first failure', async () => {
    const clock = createFakeClock();
    let closed = 0;
    const poll = () => Promise.reject(new DeviceError('busy', 'another one holds it'));
    const driver = driverWith(async () => sessionWith({ poll, onClose: () => closed++ }));
    const { failure } = await attemptWith(driver, clock, { stayMs: 60_000 }).attempt;
    expect([failure, closed]).toEqual([
      { phase: 'poll', problem: { code: 'busy', message: 'another one holds it', retryable: true } },
      1,
    ]);
  });

  it('ends with the signal of the person', async () => {
    const clock = createFakeClock();
    const leaving = new AbortController();
    const driver = driverWith(
      ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    const { attempt } = attemptWith(driver, clock, { signal: leaving.signal });
    leaving.abort(new Error('Ctrl-C'));
    await expect(attempt).rejects.toThrow('Ctrl-C');
    expect(clock.pending).toBe(0);
  });

  it('tells what goes through the ports, and a deadline apart from a failure', async () => {
    const clock = createFakeClock();
    const driver = driverWith(async ({ udp, http }) => {
      await using socket = await udp.open({});
      await socket.receive(AbortSignal.abort(new Error('no longer'))).catch(() => undefined);
      await http.request({ method: 'GET', url: 'http://10.0.0.1/x', timeoutMs: 1_000, maxBytes: 10 });
      return sessionWith({});
    });
    const { attempt, events } = attemptWith(driver, clock);
    expect((await attempt).failure?.problem.code).toBe('address-not-allowed');
    expect(events.map(({ connection, kind }) => [connection, kind])).toEqual([
      [1, 'opening'],
      [1, 'opened'],
      [1, 'given-up'],
      [2, 'opening'],
      [2, 'out'],
      [2, 'failed'],
      [1, 'closed'],
    ]);
  });
});
