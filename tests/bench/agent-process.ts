import { createAgent } from '../../agent/app.ts';
import { readAgentConfig } from '../../agent/config.ts';
import type { Driver } from '../../agent/devices/driver.ts';
import { drivers, hostFamily } from '../../agent/devices/registry.ts';
import { createNetwork } from '../../agent/platform/create-network.ts';
import { createHostPort } from '../../agent/platform/host/host.ts';
import { createAbsentBroker } from '../../agent/platform/local-broker.ts';
import type { Address, Network } from '../../agent/platform/network.ts';
import { createProgramPort } from '../../agent/platform/spawn.ts';
import { silentLog } from '../../protocols/ports.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { createLoopDelay, type LoopDelay } from './loop-delay.ts';

/** A process of its own: the whole agent with its real ports; what it reads and writes is counted, and when it polls. */

/** One poll: when it was due, in milliseconds late, and how long it took. */
export type Poll = readonly [lateMs: number, tookMs: number];

export interface AgentReport {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly loopMs: LoopDelay;
  /** By device. */
  readonly polls: Readonly<Record<string, readonly Poll[]>>;
  /** Bytes of payload in both directions, by the port of the device. */
  readonly lanBytes: Readonly<Record<string, number>>;
}

const clock = systemClock;
let polls: Record<string, Poll[]> = {};
let lanBytes: Record<string, number> = {};

/** The same driver, whose polls are timed. */
function timed(driver: Driver): Driver {
  return {
    ...driver,
    connect: async (context) => {
      const { id } = context.device;
      const session = await driver.connect(context);
      const poll = session.poll.bind(session);
      let dueAt: number | undefined;
      session.poll = async (signal) => {
        const startedAt = clock.mono();
        const lateMs = dueAt === undefined ? 0 : startedAt - dueAt;
        try {
          await poll(signal);
        } finally {
          const endedAt = clock.mono();
          dueAt = endedAt + session.pollIntervalMs;
          polls[id] ??= [];
          polls[id].push([lateMs, endedAt - startedAt]);
        }
      };
      return session;
    },
  };
}

function count({ port }: Pick<Address, 'port'>, bytes: number): void {
  lanBytes[port] = (lanBytes[port] ?? 0) + bytes;
}

/** The same network, whose payload is counted. */
function counted(network: Network): Network {
  return {
    tcp: {
      connect: async (address, options) => {
        const connection = await network.tcp.connect(address, options);
        return {
          write: async (bytes, signal) => {
            count(address, bytes.length);
            await connection.write(bytes, signal);
          },
          read: async (signal) => {
            const bytes = await connection.read(signal);
            count(address, bytes?.length ?? 0);
            return bytes;
          },
          [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
        };
      },
    },
    udp: {
      open: async (options) => {
        const socket = await network.udp.open(options);
        return {
          port: socket.port,
          send: async (bytes, to) => {
            count(to, bytes.length);
            await socket.send(bytes, to);
          },
          receive: async (signal) => {
            const datagram = await socket.receive(signal);
            count(datagram.from, datagram.bytes.length);
            return datagram;
          },
          [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
        };
      },
    },
    http: {
      request: async (request) => {
        const address = { port: Number(new URL(request.url).port) };
        const { url, headers = {}, body } = request;
        const bodyBytes = typeof body === 'string' || body instanceof Uint8Array ? body.length : 0;
        count(address, url.length + fieldBytes(Object.entries(headers)) + bodyBytes);
        const response = await network.http.request(request);
        const fields = [...response.headers].flatMap(([name, values]) => values.map((value) => [name, value] as const));
        count(address, fieldBytes(fields) + response.body.length);
        return response;
      },
    },
    websocket: {
      connect: async (address, options) => {
        const connection = await network.websocket.connect(address, options);
        return {
          send: async (text, signal) => {
            count(address, Buffer.byteLength(text));
            await connection.send(text, signal);
          },
          receive: async (signal) => {
            const text = await connection.receive(signal);
            count(address, Buffer.byteLength(text));
            return text;
          },
          [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
        };
      },
    },
  };
}

function fieldBytes(fields: readonly (readonly [string, string])[]): number {
  return fields.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
}

const { values: config } = readAgentConfig({
  file: { dataDir: process.argv[2] ?? '', discovery: { enabled: false }, hub: { returnSpreadSeconds: 1 } },
  environment: {},
  flags: {},
  readFile: () => '',
});
const policy = { allow: ['127.0.0.0/8'], deny: [], ports: [], broadcast: false };
await createAgent(
  {
    clock,
    log: silentLog,
    network: counted(createNetwork({ policy, clock, log: silentLog })),
    broker: createAbsentBroker(),
    programs: createProgramPort(clock),
    host: createHostPort({ clock, log: silentLog }),
    drivers: drivers.map(timed),
    hostFamily,
    facts: { version: '1.0.0', bootId: 'bench', platform: `${process.platform} ${process.arch}` },
    random: Math.random,
  },
  config,
);

const takeLoopDelay = createLoopDelay();
let since = clock.mono();
let usage = process.cpuUsage();

/** What was measured since the last time. */
function report(): AgentReport {
  const { user, system } = process.cpuUsage(usage);
  const told: AgentReport = {
    seconds: (clock.mono() - since) / 1_000,
    cpuSeconds: (user + system) / 1e6,
    rssBytes: process.memoryUsage.rss(),
    loopMs: takeLoopDelay(),
    polls,
    lanBytes,
  };
  polls = {};
  lanBytes = {};
  since = clock.mono();
  usage = process.cpuUsage();
  return told;
}

process.on('message', () => void process.send?.(report()));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
