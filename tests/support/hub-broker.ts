import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { type Broker, type BrokerLimits, createBroker } from '../../hub/broker/index.ts';
import { RecoverableError } from '../../protocols/errors.ts';
import { type ChannelName, type ChannelPayload, downChannels } from '../../protocols/fleet/channels.ts';
import type { Ack, Command, Desired, Heartbeat, Hello } from '../../protocols/fleet/messages.ts';
import { decodePayload, encodePayload } from '../../protocols/fleet/payload.ts';
import { topicOf } from '../../protocols/fleet/topics.ts';
import type { Clock, Log, LogFields } from '../../protocols/ports.ts';
import { type Authority, openAuthority } from '../../provisioning/authority/index.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { createRequest } from './certificate-request.ts';

/** Certificate and key of one agent. */
export interface AgentKeys {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly fingerprint: string;
}

/** What stands behind the broker in a test: everything is recorded, and its answers can be changed. */
interface BehindBroker {
  readonly frames: { readonly agentId: string; readonly payload: Buffer }[];
  readonly hellos: Hello[];
  /** Agents whose identity two machines were fighting for. */
  readonly suspected: string[];
  readonly heartbeats: { readonly agentId: string; readonly heartbeat: Heartbeat }[];
  /** Agents that gave a sign of life, one entry each time. */
  readonly signs: string[];
  readonly sessions: string[];
  readonly quarantined: {
    readonly agentId?: string;
    readonly channel: string;
    readonly code: string;
    readonly message: string;
  }[];
  readonly audited: { readonly action: string; readonly subject: string }[];
  readonly logged: { readonly level: string; readonly message: string; readonly fields: LogFields }[];
  readonly sent: string[];
  readonly withdrawn: Set<string>;
  readonly pending: Command[];
  /** Ids of pending ones that must not go any more. */
  readonly revoked: Set<string>;
  readonly takenBack: string[];
  databaseAway: boolean;
  generation: number;
  /** What each agent is to run. */
  devices: Desired['devices'];
  /** Answer to a frame; by default an acknowledgement. */
  submit: (agentId: string, payload: Buffer) => Promise<Ack | undefined>;
}

export interface BrokerFixture extends AsyncDisposable {
  readonly authority: Authority;
  readonly broker: Broker;
  readonly port: number;
  readonly behind: BehindBroker;
  keysOf(agentId: string): Promise<AgentKeys>;
  /** A TLS socket with this agent's certificate; without keys, without a certificate. */
  dial(keys?: AgentKeys): Promise<TLSSocket>;
  /** A well-behaved agent: connected, subscribed to its channels. */
  agent(agentId: string, options?: IClientOptions): Promise<TestAgent>;
}

export interface TestAgent extends AsyncDisposable {
  readonly client: MqttClient;
  publish<C extends ChannelName>(channel: C, value: ChannelPayload<C>): Promise<unknown>;
  publishRaw(
    topic: string,
    payload: Buffer | string,
    options?: { readonly qos?: 0 | 1 | 2; readonly retain?: boolean },
  ): Promise<unknown>;
  /** Messages received so far on one channel. */
  received<C extends ChannelName>(channel: C): ChannelPayload<C>[];
  /** Resolves when the connection ends. */
  readonly closed: Promise<void>;
}

export const hello: Hello = {
  version: '1.0.0',
  bootId: 'boot',
  session: 'session',
  epoch: 'epoch000',
  at: 1_700_000_000_000,
  startedAt: 1_700_000_000_000,
  platform: 'linux x64',
  generation: 0,
  orderSeq: 0,
  families: [],
  lanes: { urgent: { head: 1, next: 1 }, state: { head: 1, next: 1 }, samples: { head: 1, next: 1 } },
};

export const heartbeat: Heartbeat = {
  session: 'session',
  at: 1_700_000_000_000,
  uptimeSeconds: 1,
  generation: 0,
  queue: { records: 0, bytes: 0, shed: 0 },
  load: { rssBytes: 1, cpuPercent: 1, loopDelayP99Ms: 1 },
  devices: { total: 0, up: 0 },
};

export const ackOf = (through: number): Ack => ({ epoch: hello.epoch, through: { samples: through }, rejected: [] });

export async function startBroker(
  limits: Partial<BrokerLimits> = {},
  clock: Clock = systemClock,
): Promise<BrokerFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'edufleet-broker-'));
  const authority = await openAuthority({ folder, clock });
  const behind = createBehind();
  const log = recordingLog(behind.logged);
  const server = await authority.serverIdentity(['localhost', '127.0.0.1']);
  const away = async () => {
    if (behind.databaseAway) throw new RecoverableError('database-unavailable', 'the database does not answer');
  };
  const broker = await createBroker({
    tls: { ...server, clientTrustPems: authority.clientTrustPems },
    limits,
    clock,
    log,
    registry: {
      desiredFor: async (): Promise<Desired> => {
        await away();
        return { generation: behind.generation, issuedAt: 1, devices: behind.devices, refused: [] };
      },
    },
    machines: {
      greeted: async (_agentId, machine) =>
        machine?.boardSerial === 'copied-disk' ? { ok: false, message: 'another machine' } : { ok: true },
      suspected: async (agentId) => void behind.suspected.push(agentId),
    },
    witnesses: { current: async () => undefined, compare: async () => {} },
    ingest: {
      submit: async (agentId, payload) => {
        await away();
        behind.frames.push({ agentId, payload: Buffer.from(payload) });
        return behind.submit(agentId, Buffer.from(payload));
      },
      hello: async (_agentId, message) => {
        await away();
        behind.hellos.push(message);
        return ackOf(0);
      },
    },
    health: {
      connected: (agentId, session) => behind.sessions.push(`+${agentId} ${session}`),
      disconnected: (agentId, session) => behind.sessions.push(`-${agentId} ${session}`),
      heartbeat: (agentId, beat) => behind.heartbeats.push({ agentId, heartbeat: beat }),
      heard: (agentId) => behind.signs.push(agentId),
      deaf: () => behind.sessions.push('deaf'),
    },
    commands: {
      pendingFor: async () => behind.pending.splice(0),
      markSent: async (ids) => {
        const going = ids.filter((id) => !behind.revoked.has(id));
        behind.sent.push(...going);
        return new Set(going);
      },
      cancellationsFor: async () => behind.takenBack.splice(0),
    },
    credentials: {
      check: async ({ fingerprint }) => {
        await away();
        return behind.withdrawn.has(fingerprint) ? { ok: false, message: 'its access was withdrawn' } : { ok: true };
      },
      withdrawn: async () => behind.withdrawn,
    },
    quarantine: { add: (entry) => behind.quarantined.push(entry) },
    audit: { append: async (entry) => behind.audited.push(entry) },
  });
  const port = await broker.listen(0);
  const keys = new Map<string, Promise<AgentKeys>>();
  const keysOf = (agentId: string) => {
    const known = keys.get(agentId) ?? issueKeys(authority, agentId);
    keys.set(agentId, known);
    return known;
  };
  return {
    authority,
    broker,
    port,
    behind,
    keysOf,
    dial: (agentKeys) => dial(authority, port, agentKeys),
    agent: async (agentId, options) => startAgent(authority, port, agentId, await keysOf(agentId), options),
    [Symbol.asyncDispose]: async () => {
      await broker[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A certificate of this authority for an agent. */
export async function issueKeys(authority: Authority, agentId: string): Promise<AgentKeys> {
  const request = await createRequest({});
  const { certificatePem, fingerprint } = await authority.issueAgentCertificate(agentId, request.pem);
  return { certificatePem: certificatePem + authority.deviceCaPem, keyPem: request.keyPem, fingerprint };
}

function dial(authority: Authority, port: number, keys?: AgentKeys): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host: '127.0.0.1',
      port,
      ca: authority.rootPem,
      ...(keys ? { cert: keys.certificatePem, key: keys.keyPem } : {}),
    });
    socket.once('secureConnect', () => {
      socket.removeListener('error', reject);
      socket.on('error', () => {});
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

async function startAgent(
  authority: Authority,
  port: number,
  agentId: string,
  keys: AgentKeys,
  options: IClientOptions = {},
): Promise<TestAgent> {
  const client = await mqtt.connectAsync({
    protocol: 'mqtts',
    host: '127.0.0.1',
    port,
    clientId: agentId,
    clean: true,
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    keepalive: 60,
    ca: authority.rootPem,
    cert: keys.certificatePem,
    key: keys.keyPem,
    ...options,
  });
  client.on('error', () => {});
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  const messages: { readonly topic: string; readonly payload: Buffer }[] = [];
  client.on('message', (topic, payload) => messages.push({ topic, payload }));
  await client.subscribeAsync(
    downChannels.map((channel) => topicOf(agentId, channel)),
    { qos: 1 },
  );
  const publishRaw: TestAgent['publishRaw'] = (topic, payload, extra = {}) =>
    Promise.race([
      client.publishAsync(topic, payload, { qos: extra.qos ?? 1, retain: extra.retain ?? false }),
      closed.then(() => Promise.reject(new Error('closed'))),
    ]);
  return {
    client,
    closed,
    publish: (channel, value) => publishRaw(topicOf(agentId, channel), encodePayload(channel, value)),
    publishRaw,
    received: <C extends ChannelName>(channel: C) =>
      messages
        .filter(({ topic }) => topic === topicOf(agentId, channel))
        .map(({ payload }) => decodePayload(channel, payload)),
    [Symbol.asyncDispose]: async () => {
      await client.endAsync(true);
    },
  };
}

function createBehind(): BehindBroker {
  return {
    frames: [],
    hellos: [],
    suspected: [],
    heartbeats: [],
    signs: [],
    sessions: [],
    quarantined: [],
    audited: [],
    logged: [],
    sent: [],
    withdrawn: new Set(),
    pending: [],
    revoked: new Set(),
    takenBack: [],
    databaseAway: false,
    generation: 1,
    devices: [],
    submit: async () => ackOf(1),
  };
}

function recordingLog(lines: { level: string; message: string; fields: LogFields }[]): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields });
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log };
  return log;
}
