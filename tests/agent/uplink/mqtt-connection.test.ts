import { createServer, connect as dial, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Connection, connectToHub } from '../../../agent/uplink/mqtt-connection.ts';
import { type Clock, silentLog } from '../../../protocols/ports.ts';
import { certificateRequest, newKeyPem } from '../../../provisioning/enrolment/key-pair.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';
import { createFastClock } from '../../support/clock.ts';
import { type StandInHub, startStandInHub } from '../../support/stand-in-hub.ts';
import { createTestAuthority, type TestAuthority } from '../../support/test-authority.ts';

let hub: StandInHub;
let received: string[];
let refuse: boolean;
let connection: Connection | undefined;

beforeEach(async () => {
  hub = await startStandInHub();
  received = [];
  refuse = false;
});
afterEach(async () => {
  await connection?.[Symbol.asyncDispose]();
  connection = undefined;
  await hub[Symbol.asyncDispose]();
});

async function connect(
  options: { authority?: TestAuthority; agentId?: string; signal?: AbortSignal; url?: string; clock?: Clock } = {},
): Promise<Connection> {
  const authority = options.authority ?? hub.authority;
  const key = newKeyPem();
  const certificate = await authority.signAgent(await certificateRequest(key, 'x'), 'agent-1');
  connection = await connectToHub({
    agentId: options.agentId ?? 'agent-1',
    url: options.url ?? hub.mqttUrl,
    identity: { key, certificate, authorities: [authority.intermediate, authority.root] },
    clock: options.clock ?? systemClock,
    log: silentLog,
    signal: options.signal ?? new AbortController().signal,
    onMessage: async (channel) => {
      received.push(channel);
      if (refuse) throw new Error('the disk is full');
    },
  });
  return connection;
}

const order = { order: '{}', signature: 's' };

describe('the connection to the hub', () => {
  it('subscribes to its own channels and hands on what comes', async () => {
    await connect();
    await hub.send('agent-1', 'down/orders', order);
    await hub.send('agent-2', 'down/orders', order);
    await systemClock.wait(50);
    expect(received).toEqual(['down/orders']);
  });

  it('publishes at once and learns that it was taken', async () => {
    const open = await connect();
    const hello = {
      version: '1',
      bootId: 'b',
      session: 's',
      epoch: '0123456789abcdef',
      at: 1,
      startedAt: 1,
      platform: 'p',
      generation: 0,
      orderSeq: 0,
      families: [],
      lanes: { urgent: { head: 1, next: 1 }, state: { head: 1, next: 1 }, samples: { head: 1, next: 1 } },
    };
    await open.publish('up/hello', Buffer.from(JSON.stringify(hello)));
    expect(hub.ledger('agent-1').hellos).toHaveLength(1);
  });

  it('ends, and confirms nothing, when a message could not be taken', async () => {
    refuse = true;
    const open = await connect();
    await hub.send('agent-1', 'down/orders', order);
    expect(await open.closed).toMatchObject({ code: 'message-not-taken' });
    await expect(open.publish('up/heartbeat', Buffer.from('{}'))).rejects.toMatchObject({ code: 'message-not-taken' });
  });

  it('keeps nothing for later once it is cut', async () => {
    const open = await connect();
    hub.cut('agent-1');
    expect(await open.closed).toMatchObject({ code: expect.stringMatching(/connection-lost|hub-unreachable/) });
    await expect(open.publish('up/heartbeat', Buffer.from('{}'))).rejects.toBeDefined();
    await systemClock.wait(1_200);
    expect(hub.connected('agent-1')).toBe(false);
  });

  it('is refused under a foreign name or certificate, and refuses a foreign hub', async () => {
    await expect(connect({ agentId: 'agent-2' })).rejects.toMatchObject({ code: 'hub-refused' });
    await expect(connect({ authority: await createTestAuthority() })).rejects.toMatchObject({
      code: 'hub-unreachable',
    });
    await expect(connect({ url: hub.mqttUrl.replace('mqtts', 'mqtt') })).rejects.toMatchObject({ code: 'invalid-url' });
    await expect(connect({ url: 'mqtts://127.0.0.1:1' })).rejects.toMatchObject({ code: 'hub-unreachable' });
  });

  it('sees a line that died without a word, and keeps one on which it is answered', async () => {
    const clock = createFastClock(15);
    await using line = await breakableLine(Number(new URL(hub.mqttUrl).port));
    const open = await connect({ url: `mqtts://localhost:${line.port}`, clock });
    let ended = false;
    void open.closed.then(() => {
      ended = true;
    });
    await clock.wait(45_000);
    expect(ended).toBe(false);
    line.die();
    const diedAt = clock.mono();
    expect(await open.closed).toMatchObject({ code: 'connection-dead' });
    expect(clock.mono() - diedAt).toBeLessThan(45_000);
    await open[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });

  it('stops connecting when it is told to', async () => {
    const stop = new AbortController();
    const connecting = connect({ signal: stop.signal });
    await systemClock.wait(1);
    stop.abort(new Error('enough'));
    await expect(connecting).rejects.toThrow('enough');
  });
});

/** A way to the hub on which, from some moment on, nothing passes and nothing is said. */
async function breakableLine(port: number) {
  let isDead = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = dial(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('data', (bytes) => {
        if (!isDead) to.write(bytes);
      });
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    die: () => {
      isDead = true;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
