import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAuthority } from '../../provisioning/authority/index.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import {
  type AgentKeys,
  ackOf,
  type BrokerFixture,
  heartbeat,
  hello,
  issueKeys,
  startBroker,
  type TestAgent,
} from '../support/hub-broker.ts';

let fixture: BrokerFixture;
let witness: TestAgent;
let keys: AgentKeys;
let agentNumber = 0;
let agentId = '';

beforeAll(async () => {
  fixture = await startBroker({ drainTimeoutMs: 60_000, handshakeTimeoutMs: 700, connectTimeoutMs: 700, sweepMs: 100 });
  witness = await fixture.agent('witness');
});
afterAll(async () => {
  await witness[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const { behind } = fixture;
  behind.quarantined.length = 0;
  behind.audited.length = 0;
  behind.logged.length = 0;
  behind.frames.length = 0;
  agentId = `agent-${++agentNumber}`;
  keys = await fixture.keysOf(agentId);
});

/** After every attack the others are still served, on the connection that they had. */
afterEach(async () => {
  const before = fixture.behind.frames.length;
  await witness.publishRaw('fleet/v1/witness/up/frames', '{}');
  expect(fixture.behind.frames.length).toBe(before + 1);
  expect(witness.client.connected).toBe(true);
});

const packet = (value: Packet) => mqttPacket.generate(value);
const connectPacket = (options: Record<string, unknown> = {}) =>
  packet({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId: agentId,
    keepalive: 60,
    ...options,
  } as Packet);
const publishPacket = (topic: string, payload: Buffer | string = '{}', extra: Record<string, unknown> = {}) =>
  packet({ cmd: 'publish', topic, payload, qos: 1, messageId: 7, retain: false, dup: false, ...extra } as Packet);

/** How long one message takes to be stored and acknowledged, milliseconds. */
const wayOf = async (agent: TestAgent) => {
  const began = performance.now();
  await agent.publishRaw('fleet/v1/witness/up/frames', '{}');
  return performance.now() - began;
};

const ended = (socket: Socket) =>
  new Promise<void>((resolve) => {
    if (socket.destroyed) resolve();
    socket.on('error', () => {});
    socket.once('close', () => resolve());
    socket.resume();
  });
const codes = () => fixture.behind.quarantined.map(({ code }) => code);
const expectRefused = async (code: string, agent: string | null = agentId) => {
  await expect.poll(codes).toContain(code);
  const entry = fixture.behind.quarantined.find((one) => one.code === code);
  expect(entry?.agentId).toBe(agent ?? undefined);
  expect(fixture.behind.logged.some(({ level, fields }) => level === 'warn' && fields['code'] === code)).toBe(true);
};

/** Connects as the agent by hand and waits for CONNACK. */
async function connected(options: Record<string, unknown> = {}): Promise<TLSSocket> {
  const socket = await fixture.dial(keys);
  socket.write(connectPacket(options));
  await new Promise((resolve) => socket.once('data', resolve));
  return socket;
}

describe('a hostile socket', () => {
  it('that speaks no TLS', async () => {
    const socket = connect(fixture.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await ended(socket);
    await expectRefused('tls-rejected', null);
  });

  it('that says nothing at all is cut in time', async () => {
    const socket = connect(fixture.port, '127.0.0.1');
    await ended(socket);
    await expectRefused('tls-rejected', null);
  });

  it('that finishes the handshake and then trickles CONNECT', async () => {
    const socket = await fixture.dial(keys);
    const bytes = connectPacket();
    const timer = setInterval(() => socket.write(bytes.subarray(0, 1)), 200);
    await ended(socket);
    clearInterval(timer);
    await expect
      .poll(codes)
      .toSatisfy((list: string[]) => list.includes('connect-timeout') || list.includes('malformed-packet'));
  });

  it('without a certificate', async () => {
    const socket = await fixture.dial().catch(() => undefined);
    if (socket) await ended(socket);
    await expectRefused('tls-rejected', null);
  });

  it('with a certificate of another authority', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edufleet-forger-'));
    const forger = await openAuthority({ folder, clock: systemClock });
    const forged = await issueKeys(forger, agentId);
    const socket = await fixture.dial(forged).catch(() => undefined);
    if (socket) await ended(socket);
    await expectRefused('tls-rejected', null);
    expect(fixture.behind.quarantined[0]?.message).toMatch(/certificate was refused: (UNABLE|SELF_SIGNED)/);
    await rm(folder, { recursive: true });
  });

  it('with the certificate of a server of ours', async () => {
    const server = await fixture.authority.serverIdentity(['localhost', '127.0.0.1']);
    const socket = await fixture
      .dial({ certificatePem: server.chainPem, keyPem: server.keyPem, fingerprint: '' })
      .catch(() => undefined);
    if (socket) await ended(socket);
    await expectRefused('tls-rejected', null);
  });
});

describe('a hostile packet', () => {
  it('of garbage', async () => {
    const socket = await fixture.dial(keys);
    socket.write(Buffer.from([0x1f, 0x03, 1, 2, 3, 0xff, 0xff]));
    await ended(socket);
    await expectRefused('malformed-packet');
  });

  it('that announces 256 MB before it says who it is', async () => {
    const socket = await fixture.dial(keys);
    const before = process.memoryUsage().rss;
    socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
    const chunk = Buffer.alloc(1024 * 1024);
    const pump = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', pump);
    pump();
    await ended(socket);
    await expectRefused('oversize-packet');
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('that announces too much after it was let in', async () => {
    const socket = await connected();
    socket.write(Buffer.from([0x32, 0xff, 0xff, 0x7f]));
    await ended(socket);
    await expectRefused('oversize-packet');
  });

  it('cut at every byte of a CONNECT', async () => {
    const whole = connectPacket();
    const sockets = await Promise.all(
      Array.from({ length: whole.length }, async (_, length) => {
        const socket = await fixture.dial(keys);
        socket.end(whole.subarray(0, length));
        return ended(socket);
      }),
    );
    expect(sockets).toHaveLength(whole.length);
  });

  it('cut at every byte of a PUBLISH', async () => {
    const whole = publishPacket(`fleet/v1/${agentId}/up/frames`);
    for (let length = 1; length < whole.length; length++) {
      const socket = await connected();
      socket.end(whole.subarray(0, length));
      await ended(socket);
    }
    expect(fixture.behind.frames).toEqual([]);
  });

  it('with each byte of a CONNECT and of a PUBLISH changed', async () => {
    const whole = Buffer.concat([connectPacket(), publishPacket(`fleet/v1/${agentId}/up/frames`)]);
    for (let at = 0; at < whole.length; at += 3) {
      const socket = await fixture.dial(keys);
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      socket.write(bytes);
      socket.end();
      await ended(socket);
    }
    expect(fixture.behind.frames.every((frame) => frame.agentId === agentId)).toBe(true);
  });

  it('that comes before CONNECT', async () => {
    const socket = await fixture.dial(keys);
    socket.write(publishPacket(`fleet/v1/${agentId}/up/frames`));
    await ended(socket);
    await expectRefused('malformed-packet');
    expect(fixture.behind.frames).toEqual([]);
  });

  it('of a second CONNECT', async () => {
    const socket = await connected();
    socket.write(connectPacket());
    await ended(socket);
    await expectRefused('malformed-packet');
  });

  it('flooding before the answer to CONNECT', async () => {
    const socket = await fixture.dial(keys);
    const flood = Array.from({ length: 500 }, () =>
      publishPacket(`fleet/v1/${agentId}/up/heartbeat`, '{}', { qos: 0 }),
    );
    socket.write(Buffer.concat([connectPacket(), ...flood]));
    await ended(socket);
    await expectRefused('malformed-packet');
  });
});

describe('a hostile CONNECT', () => {
  const refused = async (options: Record<string, unknown>, code: string) => {
    const socket = await fixture.dial(keys);
    socket.write(connectPacket(options));
    await ended(socket);
    await expectRefused(code);
    expect(fixture.behind.sessions.some((line) => line.includes(agentId))).toBe(false);
  };

  it('with the id of another agent', () => refused({ clientId: 'witness' }, 'client-id-mismatch'));
  it('with the id __proto__', () => refused({ clientId: '__proto__' }, 'client-id-mismatch'));
  it('with the id constructor', () => refused({ clientId: 'constructor' }, 'client-id-mismatch'));
  it('without an id', () => refused({ clientId: '' }, 'client-id-mismatch'));
  it('without keep-alive', () => refused({ keepalive: 0 }, 'keepalive-refused'));
  it('with a keep-alive of hours', () => refused({ keepalive: 7200 }, 'keepalive-refused'));
  it('with a session to keep', () => refused({ clean: false }, 'persistent-session'));
  it('with a will', () =>
    refused(
      { will: { topic: `fleet/v1/witness/down/desired`, payload: Buffer.from('{}'), qos: 1, retain: true } },
      'will-refused',
    ));
  it('of MQTT 5', () => refused({ protocolVersion: 5 }, 'protocol-version'));

  it('with a certificate that was withdrawn', async () => {
    fixture.behind.withdrawn.add(keys.fingerprint);
    await refused({}, 'credential-refused');
  });
});

describe('a hostile agent', () => {
  const violates = async (code: string, ...packets: Buffer[]) => {
    const socket = await connected();
    socket.write(Buffer.concat(packets));
    await ended(socket);
    await expectRefused(code);
    expect(fixture.behind.audited).toMatchObject([{ action: 'broker.violation', subject: `agent:${agentId}` }]);
    // It stays out for a while.
    const again = await fixture.dial(keys);
    again.write(connectPacket());
    await ended(again);
    await expectRefused('banned');
  };

  it("publishing on another agent's topic", () =>
    violates('foreign-topic', publishPacket('fleet/v1/witness/up/frames')));
  it('publishing on a down channel of its own', () =>
    violates('foreign-topic', publishPacket(`fleet/v1/${agentId}/down/desired`)));
  it('publishing on $SYS', () => violates('reserved-topic', publishPacket('$SYS/x/new/clients', 'witness')));
  it('publishing on a topic outside the contract', () => violates('foreign-topic', publishPacket('a/b/c')));
  it('publishing retained', () =>
    violates('retained', publishPacket(`fleet/v1/${agentId}/up/frames`, '{}', { retain: true })));
  it('publishing at QoS 2', () =>
    violates('quality-of-service', publishPacket(`fleet/v1/${agentId}/up/frames`, '{}', { qos: 2 })));
  it('asking for many filters', () =>
    violates(
      'foreign-filter',
      packet({
        cmd: 'subscribe',
        messageId: 9,
        subscriptions: Array.from({ length: 40 }, (_, index) => ({ topic: `x/${index}`, qos: 0 })),
      } as Packet),
    ));

  it('publishing with a very deep topic is cut', async () => {
    const socket = await connected();
    socket.write(publishPacket('a/'.repeat(500)));
    await ended(socket);
    await expectRefused('malformed-packet');
  });

  it('that reads nothing is cut, and nobody waits for it', async () => {
    const { submit } = fixture.behind;
    const rejected = Array.from({ length: 100 }, (_, seq) => ({
      lane: 'samples' as const,
      seq: seq + 1,
      code: 'x',
      message: randomBytes(150).toString('hex'),
    }));
    fixture.behind.submit = async (agent) => (agent === agentId ? { ...ackOf(1), rejected } : ackOf(1));
    const socket = await connected();
    socket.write(
      packet({
        cmd: 'subscribe',
        messageId: 9,
        subscriptions: [{ topic: `fleet/v1/${agentId}/down/ack`, qos: 1 }],
      } as Packet),
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    const undisturbed = await Promise.all(Array.from({ length: 20 }, () => wayOf(witness)));
    const flood = setInterval(() => {
      for (let i = 0; i < 20; i++) socket.write(publishPacket(`fleet/v1/${agentId}/up/frames`));
    }, 10);
    let slowest = 0;
    while (!codes().includes('slow-reader')) slowest = Math.max(slowest, await wayOf(witness));
    clearInterval(flood);
    socket.destroy();
    fixture.behind.submit = submit;
    await expectRefused('slow-reader');
    // A second, and as much more as this machine is slow at this moment.
    expect(slowest).toBeLessThan(1_000 + 10 * Math.max(...undisturbed));
  });

  it('subscribing to what is not its own gets nothing, and the refusal is seen', async () => {
    await using agent = await fixture.agent(agentId);
    for (const filter of [
      '#',
      'fleet/v1/+/down/desired',
      'fleet/v1/witness/down/ack',
      '$SYS/#',
      '$share/g/fleet/v1/witness/down/ack',
      `fleet/v1/${agentId}/down/#`,
      `fleet/v1/${agentId}/up/frames`,
    ]) {
      const granted = await agent.client.subscribeAsync(filter).catch(() => [{ topic: filter, qos: 128 }]);
      expect(granted, filter).toMatchObject([{ qos: 128 }]);
    }
    await expectRefused('foreign-filter');
    expect(agent.client.connected).toBe(true);
  });
});

describe('an agent that is only unlucky', () => {
  it('gets PUBACK and quarantine for a payload that cannot be read', async () => {
    await using agent = await fixture.agent(agentId);
    await agent.publishRaw(`fleet/v1/${agentId}/up/hello`, 'no json');
    await agent.publishRaw(`fleet/v1/${agentId}/up/hello`, Buffer.alloc(20_000, 0x20));
    await agent.publishRaw(`fleet/v1/${agentId}/up/heartbeat`, '{"session":1}');
    await expect.poll(codes).toEqual(['malformed', 'oversize', 'malformed']);
    expect(agent.client.connected).toBe(true);
  });

  it('gets no PUBACK while the database is away, and is served when it is back', async () => {
    const agent = await fixture.agent(agentId);
    fixture.behind.databaseAway = true;
    await expect(agent.publishRaw(`fleet/v1/${agentId}/up/frames`, '{}')).rejects.toThrow();
    await agent.closed;
    await expectRefused('ingest-unavailable');
    await expect(fixture.agent(agentId)).rejects.toMatchObject({ code: 3 });
    expect(fixture.behind.sessions).toContain('deaf');
    fixture.behind.databaseAway = false;
    await using back = await fixture.agent(agentId);
    await back.publishRaw(`fleet/v1/${agentId}/up/frames`, '{}');
    expect(fixture.behind.frames).toHaveLength(1);
  });

  it('gets PUBACK when the hub itself is at fault, so that nothing loops', async () => {
    await using agent = await fixture.agent(agentId);
    const { submit } = fixture.behind;
    fixture.behind.submit = async () => {
      throw new TypeError('a fault of ours');
    };
    await agent.publishRaw(`fleet/v1/${agentId}/up/frames`, '{}');
    fixture.behind.submit = submit;
    await expect.poll(codes).toEqual(['internal']);
    expect(agent.received('down/ack')).toEqual([]);
  });

  it('is greeted with what it lacks', async () => {
    fixture.behind.generation = 4;
    const command = { id: 'c1', device: 'd1', capability: 'power', name: 'on', args: {}, notAfter: 2, issuedAt: 1 };
    fixture.behind.pending.push(command);
    await using agent = await fixture.agent(agentId);
    await agent.publish('up/hello', hello);
    await expect.poll(() => agent.received('down/commands')).toEqual([{ commands: [command] }]);
    expect(agent.received('down/ack')).toHaveLength(1);
    // The hub's clock, by which the agent judges whether a command is too late.
    expect(Math.abs((agent.received('down/ack')[0]?.at ?? 0) - Date.now())).toBeLessThan(60_000);
    await agent.publishRaw(`fleet/v1/${agentId}/up/frames`, '{}');
    await expect.poll(() => agent.received('down/ack').map(({ at }) => typeof at)).toEqual(['number', 'number']);
    expect(agent.received('down/desired')).toMatchObject([{ generation: 4 }]);
    expect(fixture.behind.sent).toContain('c1');
    fixture.behind.generation = 5;
    await fixture.broker.sendDesired(agentId);
    await expect.poll(() => agent.received('down/desired').map(({ generation }) => generation)).toEqual([4, 5]);
    await agent.publish('up/heartbeat', heartbeat);
    await expect.poll(() => fixture.behind.heartbeats.some((one) => one.agentId === agentId)).toBe(true);
    await using same = await fixture.agent(agentId);
    await same.publish('up/hello', { ...hello, generation: 5 });
    await expect.poll(() => same.received('down/ack')).toHaveLength(1);
    expect(same.received('down/desired')).toEqual([]);
  });

  it('takes its own session over, and the old one goes', async () => {
    const first = await fixture.agent(agentId);
    await using second = await fixture.agent(agentId);
    await first.closed;
    await second.publishRaw(`fleet/v1/${agentId}/up/frames`, '{}');
    const lines = fixture.behind.sessions.filter((line) => line.includes(agentId));
    expect(lines.map((line) => line[0])).toEqual(expect.arrayContaining(['+', '+', '-']));
    // The session that counts is the second: it was entered last and never left.
    const entered = lines
      .filter((line) => line.startsWith('+'))
      .at(-1)
      ?.slice(1);
    expect(lines).not.toContain(`-${entered}`);
  });

  it('is cut within five seconds when its access is withdrawn', async () => {
    const agent = await fixture.agent(agentId);
    fixture.behind.withdrawn.add(keys.fingerprint);
    const began = performance.now();
    await agent.closed;
    expect(performance.now() - began).toBeLessThan(5_000);
    await expect(fixture.agent(agentId)).rejects.toMatchObject({ code: 5 });
  });

  it('is cut at once when a person says so', async () => {
    const agent = await fixture.agent(agentId);
    fixture.broker.disconnect(agentId, 'moved to another school');
    await agent.closed;
    await expectRefused('credential-refused');
  });
});
