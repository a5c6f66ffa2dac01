import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { FatalError, toError } from '../../protocols/errors.ts';
import { Arrivals } from './arrivals.ts';
import { networkError } from './dial.ts';
import type { Address, Datagram, UdpPort, UdpSocket } from './network.ts';
import { type AddressFilter, refuseAddress } from './network-policy.ts';

const maxWaiting = 256;
/** The longest datagram that IPv4 carries (RFC 768). */
const maxDatagramBytes = 65_507;

type OpenOptions = Parameters<UdpPort['open']>[0];

/** A socket of the machine that several sockets of ours listen to; it is closed with the last of them. */
interface SharedSocket {
  readonly opening: Promise<Socket>;
  users: number;
}

/** UDP over IPv4 under the agent's network policy: what comes from an address outside it is dropped unseen. */
export function createUdpPort(filter: AddressFilter): UdpPort {
  const shared = new Map<number, SharedSocket>();
  return {
    open: async (options) => {
      const { port = 0 } = options;
      if (!options.shared || port === 0) {
        const socket = await bind(options);
        return new DatagramSocket(socket, filter, options, () => closeSocket(socket));
      }
      const entry = shared.get(port) ?? { opening: bind(options), users: 0 };
      shared.set(port, entry);
      entry.users++;
      const forget = () => shared.get(port) === entry && shared.delete(port);
      const socket = await entry.opening.catch((thrown: unknown) => {
        // Whoever tries next tries anew.
        forget();
        throw thrown;
      });
      const release = async () => {
        entry.users--;
        if (entry.users > 0) return;
        forget();
        await closeSocket(socket);
      };
      if (options.broadcast) socket.setBroadcast(true);
      return new DatagramSocket(socket, filter, options, release);
    },
  };
}

async function bind({ port = 0, broadcast = false, multicast, shared = false }: OpenOptions): Promise<Socket> {
  // A shared port is a well-known one: another program that holds it for one address only, and allows this, keeps it.
  const socket = createSocket({ type: 'udp4', reuseAddr: shared || multicast !== undefined });
  // One listener for each user of a shared port: a school has more projectors than ten.
  socket.setMaxListeners(0);
  try {
    socket.bind(port);
    await once(socket, 'listening');
    if (broadcast) socket.setBroadcast(true);
    if (multicast !== undefined) socket.addMembership(multicast);
    // An error that nobody listens for any more would end the process.
    socket.on('error', () => {});
    return socket;
  } catch (thrown) {
    socket.close();
    throw networkError(thrown, `cannot open UDP port ${port}`);
  }
}

async function closeSocket(socket: Socket): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.close();
  await closed;
}

class DatagramSocket implements UdpSocket {
  readonly port: number;
  readonly #socket: Socket;
  readonly #filter: AddressFilter;
  readonly #release: () => Promise<void>;
  readonly #arrivals = new Arrivals<Datagram>();
  readonly #stopListening: () => void;
  #isReleased = false;

  constructor(socket: Socket, filter: AddressFilter, options: OpenOptions, release: () => Promise<void>) {
    this.#socket = socket;
    this.#filter = filter;
    this.#release = release;
    this.port = socket.address().port;
    const { maxBytes = maxDatagramBytes, from: only } = options;
    const onMessage = (bytes: Buffer, from: { readonly address: string; readonly port: number }) => {
      const wanted = bytes.length <= maxBytes && (only === undefined || from.address === only);
      if (!wanted || !filter.believes(from.address) || this.#arrivals.size >= maxWaiting) return;
      this.#arrivals.push({ bytes, from: { host: from.address, port: from.port } });
    };
    const onError = (error: Error) => this.#arrivals.end(networkError(error, 'the UDP socket failed'));
    socket.on('message', onMessage);
    socket.on('error', onError);
    this.#stopListening = () => {
      socket.off('message', onMessage);
      socket.off('error', onError);
    };
  }

  async send(bytes: Uint8Array, to: Address): Promise<void> {
    await this.#filter.settle();
    // Only addresses: a name would be resolved between the check and the sending.
    if (isIP(to.host) !== 4 || !this.#filter.allowsDatagram(to.host, to.port)) refuseAddress(to, [to.host]);
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(bytes, to.port, to.host, (error) => {
        if (error) reject(networkError(toError(error), `cannot send to ${to.host}`));
        else resolve();
      });
    });
  }

  async receive(signal?: AbortSignal): Promise<Datagram> {
    const datagram = await this.#arrivals.next(signal);
    if (!datagram) throw closed();
    return datagram;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#stopListening();
    this.#arrivals.end(closed());
    await this.#release();
  }
}

function closed(): FatalError {
  return new FatalError('socket-closed', 'the UDP socket is closed');
}
