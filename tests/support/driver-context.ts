import type { DriverContext, DriverEvent, HostPort, Reporter } from '../../agent/devices/driver.ts';
import type { BrokerPort } from '../../agent/platform/broker.ts';
import { createNetwork } from '../../agent/platform/create-network.ts';
import { createAbsentBroker } from '../../agent/platform/local-broker.ts';
import type { Address, HttpPort, Network, TcpPort, UdpPort, WebSocketPort } from '../../agent/platform/network.ts';
import { createProgramPort } from '../../agent/platform/spawn.ts';
import { type CapabilityName, capabilities } from '../../protocols/fleet/capabilities/index.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { type Descriptor, descriptorSchema } from '../../protocols/fleet/record.ts';
import { type Clock, silentLog } from '../../protocols/ports.ts';

/** A reporter that keeps what a driver says, and refuses what the contract does not know. */
interface RecordingReporter extends Reporter {
  readonly descriptors: Descriptor[];
  readonly states: { readonly capability: CapabilityName; readonly state: unknown }[];
  readonly samples: Readonly<Record<string, number>>[];
  readonly events: DriverEvent[];
  /** The last reported state of `capability`. */
  last(capability: CapabilityName): Readonly<Record<string, unknown>> | undefined;
}

interface UploadedPicture {
  readonly commandId: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

export interface TestContext<Settings> {
  readonly context: DriverContext<Settings>;
  readonly reporter: RecordingReporter;
  readonly uploads: UploadedPicture[];
  /** Connections and sockets that the driver holds open. */
  openSockets(): number;
  /** How often the driver tried to connect or to send an HTTP request. */
  attempts(): number;
  /** Aborts the context's signal, as the removal of the device does. */
  stop(): void;
}

export interface TestContextOptions<Settings> {
  readonly family: string;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly address?: Address;
  readonly credentials?: DesiredDevice['credentials'];
  readonly host?: HostPort;
  readonly network?: Network;
  readonly broker?: BrokerPort;
  readonly ownerOf?: (mac: string) => string | undefined;
}

/** A context over loopback for one device; everything that it hands out is watched. */
export function createTestContext<Settings>(options: TestContextOptions<Settings>): TestContext<Settings> {
  const controller = new AbortController();
  const reporter = createRecordingReporter();
  const uploads: UploadedPicture[] = [];
  const watched = watchNetwork(options.network ?? createTestNetwork(options.clock));
  const context: DriverContext<Settings> = {
    device: {
      id: 'device-1',
      family: options.family,
      name: 'Device under test',
      ...(options.address ? { address: { ...options.address } } : {}),
      ...(options.credentials ? { credentials: options.credentials } : {}),
    },
    settings: options.settings,
    clock: options.clock,
    log: silentLog,
    tcp: watched.tcp,
    udp: watched.udp,
    http: watched.http,
    websocket: watched.websocket,
    broker: options.broker ?? createAbsentBroker(),
    programs: createProgramPort(options.clock),
    host: options.host ?? absentHost,
    ownerOf: options.ownerOf ?? (() => undefined),
    reporter,
    upload: async (commandId, contentType, bytes) => {
      uploads.push({ commandId, contentType, bytes });
    },
    signal: controller.signal,
  };
  return {
    context,
    reporter,
    uploads,
    openSockets: watched.open,
    attempts: watched.attempts,
    stop: () => controller.abort(new Error('device removed')),
  };
}

/** Keeps every report; throws at once on a state, metric or event that breaks the contract. */
function createRecordingReporter(): RecordingReporter {
  const descriptors: Descriptor[] = [];
  const states: { capability: CapabilityName; state: unknown }[] = [];
  const samples: Readonly<Record<string, number>>[] = [];
  const events: DriverEvent[] = [];
  return {
    descriptors,
    states,
    samples,
    events,
    describe: (descriptor) => void descriptors.push(descriptorSchema.strict().parse(descriptor)),
    report: (capability, state) => {
      capabilities[capability].state.strict().parse(state);
      states.push({ capability, state: structuredClone(state) });
    },
    sample: (values) => {
      for (const [key, value] of Object.entries(values)) {
        const [capability = '', metric = ''] = key.split('@')[0]?.split('.') ?? [];
        const metrics: object = Object.hasOwn(capabilities, capability)
          ? capabilities[capability as CapabilityName].metrics
          : {};
        if (!Object.hasOwn(metrics, metric)) throw new Error(`no metric ${key}`);
        if (!Number.isFinite(value)) throw new Error(`sample ${key} is ${value}`);
      }
      samples.push({ ...values });
    },
    emit: (event) => {
      const schemas: Readonly<Record<string, unknown>> = capabilities[event.capability].events;
      if (!Object.hasOwn(schemas, event.name)) throw new Error(`no event ${event.capability}.${event.name}`);
      events.push(event);
    },
    last: (capability) =>
      states.findLast((entry) => entry.capability === capability)?.state as
        | Readonly<Record<string, unknown>>
        | undefined,
  };
}

/** The agent's real network, allowed to reach loopback and nothing else. */
export function createTestNetwork(clock: Clock): Network {
  const policy = { allow: ['127.0.0.0/8'], deny: [], ports: [], broadcast: false };
  return createNetwork({ policy, clock, log: silentLog });
}

const absentHost: HostPort = {
  facts: async () => {
    throw new Error('this test has no host');
  },
  load: async () => {
    throw new Error('this test has no host');
  },
};

/** Counts what is open and what was tried. */
export function watchNetwork(network: Network): Network & { open(): number; attempts(): number } {
  let open = 0;
  let attempts = 0;
  /** Counts a socket until it is disposed of, once. */
  const track = <S extends AsyncDisposable>(socket: S): S => {
    open++;
    let isOpen = true;
    return new Proxy(socket, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name === Symbol.asyncDispose) {
          return async () => {
            if (isOpen) open--;
            isOpen = false;
            await target[Symbol.asyncDispose]();
          };
        }
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  const tcp: TcpPort = {
    connect: async (address, options) => {
      attempts++;
      return track(await network.tcp.connect(address, options));
    },
  };
  const udp: UdpPort = { open: async (options) => track(await network.udp.open(options)) };
  const http: HttpPort = {
    request: async (request) => {
      attempts++;
      open++;
      try {
        return await network.http.request(request);
      } finally {
        open--;
      }
    },
  };
  const websocket: WebSocketPort = {
    connect: async (address, options) => {
      attempts++;
      return track(await network.websocket.connect(address, options));
    },
  };
  return { tcp, udp, http, websocket, open: () => open, attempts: () => attempts };
}
