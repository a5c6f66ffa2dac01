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

/** UDP over IPv4 under the agent's network policy: what comes from an address outside it is dropped unseen. */
export function createUdpPort(filter: AddressFilter): UdpPort {
  return {
    open: async (options) => {
      const socket = createSocket({ type: 'udp4', reuseAddr: options.multicast !== undefined });
      try {
        socket.bind(options.port ?? 0);
        await once(socket, 'listening');
        if (options.broadcast) socket.setBroadcast(true);
        if (options.multicast !== undefined) socket.addMembership(options.multicast);
      } catch (thrown) {
        socket.close();
        throw networkError(thrown, `cannot open UDP port ${options.port ?? 0}`);
      }
      return new DatagramSocket(socket, filter, options.maxBytes ?? maxDatagramBytes);
    },
  };
}

class DatagramSocket implements UdpSocket {
  readonly port: number;
  readonly #socket: Socket;
  readonly #filter: AddressFilter;
  readonly #arrivals = new Arrivals<Datagram>();

  constructor(socket: Socket, filter: AddressFilter, maxBytes: number) {
    this.#socket = socket;
    this.#filter = filter;
    this.port = socket.address().port;
    socket.on('message', (bytes, from) => {
      const wanted = bytes.length <= maxBytes && filter.believes(from.address);
      if (!wanted || this.#arrivals.size >= maxWaiting) return;
      this.#arrivals.push({ bytes, from: { host: from.address, port: from.port } });
    });
    socket.on('error', (error) => this.#arrivals.end(networkError(error, 'the UDP socket failed')));
    socket.on('close', () => this.#arrivals.end(new FatalError('socket-closed', 'the UDP socket is closed')));
  }

  async send(bytes: Uint8Array, to: Address): Promise<void> {
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
    if (!datagram) throw new FatalError('socket-closed', 'the UDP socket is closed');
    return datagram;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#arrivals.ended) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.close();
    await closed;
  }
}
