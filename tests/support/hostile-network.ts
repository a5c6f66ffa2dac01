import type { Address, Network } from '../../agent/platform/network.ts';
import { createTestNetwork, watchNetwork } from './driver-context.ts';
import type { LeapingClock } from './hostile-clock.ts';
import { type HostileDevice, startHostileDevice } from './hostile-device.ts';
import type { Random } from './hostile-random.ts';

/** Where a true device listens, and over what. */
export interface Truth {
  readonly transport: 'tcp' | 'udp';
  readonly address: Address;
}

/** The agent's own network ports, behind which every address is a hostile device. */
export interface HostileNetwork extends Network, AsyncDisposable {
  /** Everybody tells the truth from now on. */
  calm(): void;
  /** Sockets and requests that drivers hold. */
  open(): number;
  attempts(): number;
  /** Conversations that were hostile, and lies in them. */
  lies(): number;
}

export interface HostileNetworkOptions {
  readonly clock: LeapingClock;
  readonly random: Random;
  readonly truths: readonly Truth[];
  /** Addresses that are left alone. */
  readonly honest: readonly Address[];
  readonly note: (what: string) => void;
}

/** Starts a hostile device before each true one, and one more for every other address that a driver is led to. */
export async function startHostileNetwork(options: HostileNetworkOptions): Promise<HostileNetwork> {
  await using stack = new AsyncDisposableStack();
  const { clock, random, truths, honest, note } = options;
  const ways = new Map<string, Address>(honest.map((address) => [keyOf('tcp', address), address]));
  const back = new Map<number, Address>();
  const devices: HostileDevice[] = [];
  const nowhere = stack.use(await startHostileDevice({ clock, random: random.fork('nowhere'), note }));
  devices.push(nowhere);
  for (const [index, { transport, address }] of truths.entries()) {
    const device = stack.use(
      await startHostileDevice({
        clock,
        random: random.fork(`device ${index}`),
        truth: { [transport]: address },
        note,
      }),
    );
    devices.push(device);
    ways.set(keyOf(transport, address), device[transport]);
    back.set(device[transport].port, address);
  }
  const way = (transport: Truth['transport'], address: Address) =>
    ways.get(keyOf(transport, address)) ?? nowhere[transport];
  const watched = watchNetwork(redirect(createTestNetwork(clock), way, back));
  const owned = stack.move();
  return {
    ...watched,
    lies: () => devices.reduce((sum, device) => sum + device.lies, 0),
    calm: () => {
      for (const device of devices) device.calm();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function keyOf(transport: string, { host, port }: Address): string {
  return `${transport} ${host}:${port}`;
}

/** The same ports, to other places: no driver leaves the hostile ground, whatever a device tells it. */
function redirect(
  network: Network,
  way: (transport: Truth['transport'], address: Address) => Address,
  back: ReadonlyMap<number, Address>,
): Network {
  return {
    tcp: { connect: (address, options) => network.tcp.connect(way('tcp', address), options) },
    websocket: { connect: (address, options) => network.websocket.connect(way('tcp', address), options) },
    http: {
      request: (request) => {
        const url = URL.parse(request.url);
        if (!url) return network.http.request(request);
        const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
        const { host, port: other } = way('tcp', { host: url.hostname, port });
        return network.http.request({
          ...request,
          url: `${url.protocol}//${host}:${other}${url.pathname}${url.search}`,
        });
      },
    },
    udp: {
      open: async (options) => {
        const socket = await network.udp.open(options);
        return {
          port: socket.port,
          send: (bytes, to) => socket.send(bytes, way('udp', to)),
          receive: async (signal) => {
            const { bytes, from } = await socket.receive(signal);
            return { bytes, from: back.get(from.port) ?? from };
          },
          [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
        };
      },
    },
  };
}
