import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from '../../agent/platform/network.ts';
import type { Malice } from './hostile-malice.ts';

const maxDatagramBytes = 65_507;
const datagramTurns = [
  ...Array.from({ length: 12 }, () => 'lie'),
  'lost',
  'lost',
  'late',
  'late',
  'twice',
  'stranger',
  'huge',
  'flood',
];

/** Answers to datagrams: each by itself lost, late, twice, twisted, oversized, a flood, or from somebody else. */
export async function startDatagrams(
  malice: Malice,
  truth: Address | undefined,
): Promise<AsyncDisposable & { readonly address: Address }> {
  const near = await bound();
  const stranger = await bound();
  const far = new Map<number, Promise<DatagramSocket>>();
  const close = (socket: DatagramSocket) => new Promise<void>((resolve) => socket.close(() => resolve()));
  const upstream = async (clientPort: number) => {
    const socket = await bound();
    socket.on('message', (bytes) => {
      malice.clock.touch();
      void answer(malice, { near, stranger }, bytes, clientPort).catch((thrown: unknown) => {
        if (!malice.stop.signal.aborted) throw thrown;
      });
    });
    return socket;
  };
  near.on('message', (bytes, from) => {
    malice.clock.touch();
    if (!truth) return;
    const known = far.get(from.port) ?? upstream(from.port);
    far.delete(from.port);
    far.set(from.port, known);
    // Sessions come and go, each from a port of its own.
    const oldest = far.keys().next().value;
    if (far.size > 8 && oldest !== undefined) {
      void far.get(oldest)?.then(close);
      far.delete(oldest);
    }
    void known.then((socket) => {
      malice.clock.touch();
      socket.send(bytes, truth.port, truth.host);
    });
  });
  return {
    address: { host: '127.0.0.1', port: near.address().port },
    [Symbol.asyncDispose]: async () => {
      for (const socket of [near, stranger, ...(await Promise.all(far.values()))]) await close(socket);
    },
  };
}

async function bound(): Promise<DatagramSocket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

async function answer(
  malice: Malice,
  { near, stranger }: { readonly near: DatagramSocket; readonly stranger: DatagramSocket },
  truth: Buffer,
  port: number,
): Promise<void> {
  const random = malice.dice();
  const { clock, stop } = malice;
  const send = (bytes: Buffer, from = near) => {
    clock.touch();
    if (!stop.signal.aborted) from.send(bytes.subarray(0, maxDatagramBytes), port, '127.0.0.1');
  };
  malice.keep(truth);
  await clock.wait(1 + random.below(10), stop.signal);
  if (!malice.isHostile(random)) return send(truth);
  const turn = random.pick(datagramTurns);
  malice.lies++;
  if (turn === 'lie') return send(malice.lie(truth, random));
  if (turn === 'stranger') send(malice.lie(truth, random), stranger);
  if (turn === 'late') await clock.wait(random.pick([500, 2_900, 3_100, 9_000]), stop.signal);
  if (turn === 'huge') return send(Buffer.concat([truth, Buffer.alloc(maxDatagramBytes)]));
  if (turn === 'lost') return;
  for (let times = turn === 'flood' ? 300 : turn === 'twice' ? 2 : 1; times > 0; times--) {
    send(turn === 'flood' && random.chance(0.05) ? malice.lie(truth, random) : truth);
  }
}
