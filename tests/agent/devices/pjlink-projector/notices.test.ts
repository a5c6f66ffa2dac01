import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { listenForNotices } from '../../../../agent/devices/pjlink-projector/notices.ts';
import type { UdpPort } from '../../../../agent/platform/network.ts';
import { silentLog } from '../../../../protocols/ports.ts';
import { ProjectorSimulator } from '../../../simulators/pjlink-projector.ts';
import { createFastClock } from '../../../support/clock.ts';
import { createTestNetwork } from '../../../support/driver-context.ts';

const clock = createFastClock(1);
const { udp } = createTestNetwork(clock);
const stop = new Set<() => Promise<void>>();

afterEach(async () => {
  for (const end of stop) await end();
  stop.clear();
});

/** A port of this machine that nobody holds, in place of 4352, which every test of every program wants. */
async function freePort(): Promise<number> {
  await using probe = await udp.open({});
  return probe.port;
}

/** One listener, as each projector of a school has one. */
async function listen(host: string, port: number, over: UdpPort = udp) {
  const controller = new AbortController();
  const heard = { looks: 0 };
  const opened = Promise.withResolvers<void>();
  const mapped: UdpPort = {
    open: async (options) => {
      expect(options.port).toBe(4352);
      try {
        return await over.open({ ...options, port });
      } finally {
        opened.resolve();
      }
    },
  };
  const device = { id: host, family: 'pjlink-projector', name: host, address: { host, port: 4352 } };
  const listening = listenForNotices({ device, udp: mapped, log: silentLog, signal: controller.signal }, () => {
    heard.looks++;
  });
  stop.add(async () => {
    controller.abort(new Error('device removed'));
    await listening;
  });
  await Promise.race([opened.promise, listening]);
  return { heard, listening };
}

async function projector(host: string, port: number): Promise<ProjectorSimulator> {
  const simulator = await ProjectorSimulator.start({ clock, host, notifies: { host: '127.0.0.1', port } });
  stop.add(() => simulator[Symbol.asyncDispose]());
  return simulator;
}

describe('notices of projectors', () => {
  it('of each kind lead to a look at the projector that sent them, and at no other', async () => {
    const port = await freePort();
    const [one, two] = [await projector('127.0.10.1', port), await projector('127.0.10.2', port)];
    const [first, second] = [await listen('127.0.10.1', port), await listen('127.0.10.2', port)];
    one.pressPower();
    await expect.poll(() => first.heard.looks).toBe(1);
    await one.setErrors('010000');
    await expect.poll(() => first.heard.looks).toBe(2);
    await one.linkUp();
    await expect.poll(() => first.heard.looks).toBe(3);
    await one.notify('%2INPT=32\r', { host: '127.0.0.1', port });
    await expect.poll(() => first.heard.looks).toBe(4);
    expect(second.heard.looks).toBe(0);
    await two.linkUp();
    await expect.poll(() => second.heard.looks).toBe(1);
    expect(first.heard.looks).toBe(4);
  });

  it('are none when they are answers to a search, rubbish or too long; one of a later edition counts', async () => {
    const port = await freePort();
    const simulator = await projector('127.0.10.1', port);
    const { heard } = await listen('127.0.10.1', port);
    const to = { host: '127.0.0.1', port };
    for (const text of ['%2ACKN=00:11:22:aa:bb:cc\r', '%2POWR=9\r', '%1POWR=1\r', 'x', `%2ERST=${'0'.repeat(200)}\r`])
      await simulator.notify(text, to);
    await simulator.notify('%2WHAT=1\r', to);
    await expect.poll(() => heard.looks).toBe(1);
    await clock.wait(50);
    expect(heard.looks).toBe(1);
  });

  it('are not heard where the port is taken, nor of a projector that is known by a name', async () => {
    const taken = createSocket('udp4');
    taken.bind(0);
    await once(taken, 'listening');
    stop.add(() => new Promise((resolve) => taken.close(() => resolve())));
    await (await listen('127.0.10.1', taken.address().port)).listening;
    const port = await freePort();
    await (await listen('projector-7.school', port)).listening;
  });
});
