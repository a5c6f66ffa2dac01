import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import type {
  Datagram,
  HttpRequest,
  HttpResponse,
  Network,
  TcpConnection,
  UdpPort,
  UdpSocket,
} from '../../agent/platform/network.ts';
import { RecoverableError } from '../../protocols/errors.ts';

/** The least network that keeps the ports' promises; without policy, and for loopback only. */
export function createLoopbackNetwork(): Network {
  return {
    tcp: {
      connect: async (address, options) => {
        const socket = connect({ host: address.host, port: address.port, noDelay: true });
        const timeout = AbortSignal.timeout(options.timeoutMs);
        const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout;
        try {
          await once(socket, 'connect', { signal });
        } catch (thrown) {
          socket.destroy();
          options.signal?.throwIfAborted();
          const refused = (thrown as NodeJS.ErrnoException).code === 'ECONNREFUSED';
          throw new RecoverableError(refused ? 'connection-refused' : 'timeout', `cannot connect to ${address.host}`, {
            cause: thrown,
          });
        }
        return wrapSocket(socket);
      },
    },
    udp: { open: openUdp },
    http: { request: sendHttp },
  };
}

function wrapSocket(socket: Socket): TcpConnection {
  const chunks: Uint8Array[] = [];
  let ended: Error | 'end' | undefined;
  let wake: () => void = () => {};
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    wake();
  });
  socket.on('close', () => {
    ended ??= 'end';
    wake();
  });
  socket.on('end', () => {
    ended ??= 'end';
    wake();
  });
  socket.on('error', (error) => {
    ended = error;
    wake();
  });
  return {
    write: async (bytes, signal) => {
      signal?.throwIfAborted();
      if (ended) throw new RecoverableError('connection-lost', 'the device closed the connection');
      await new Promise<void>((resolve, reject) => {
        socket.write(bytes, (error) => {
          if (error) reject(new RecoverableError('connection-lost', error.message, { cause: error }));
          else resolve();
        });
      });
    },
    read: async (signal) => {
      for (;;) {
        signal?.throwIfAborted();
        const chunk = chunks.shift();
        if (chunk) return chunk;
        if (ended === 'end') return undefined;
        if (ended) throw new RecoverableError('connection-lost', ended.message, { cause: ended });
        await new Promise<void>((resolve) => {
          const done = () => {
            signal?.removeEventListener('abort', done);
            resolve();
          };
          wake = done;
          signal?.addEventListener('abort', done, { once: true });
        });
      }
    },
    [Symbol.asyncDispose]: async () => {
      if (socket.destroyed) return;
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
    },
  };
}

const openUdp: UdpPort['open'] = async (options): Promise<UdpSocket> => {
  const socket = createSocket('udp4');
  const waiting: Datagram[] = [];
  let wake: () => void = () => {};
  socket.on('message', (bytes, from) => {
    if (waiting.length < 256) waiting.push({ bytes, from: { host: from.address, port: from.port } });
    wake();
  });
  socket.bind(options.port ?? 0, '127.0.0.1');
  await once(socket, 'listening');
  if (options.broadcast) socket.setBroadcast(true);
  return {
    port: socket.address().port,
    send: (bytes, to) =>
      new Promise<void>((resolve, reject) => {
        socket.send(bytes, to.port, to.host, (error) => (error ? reject(error) : resolve()));
      }),
    receive: async (signal) => {
      for (;;) {
        signal?.throwIfAborted();
        const datagram = waiting.shift();
        if (datagram) return datagram;
        await new Promise<void>((resolve) => {
          const done = () => {
            signal?.removeEventListener('abort', done);
            resolve();
          };
          wake = done;
          signal?.addEventListener('abort', done, { once: true });
        });
      }
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
};

async function sendHttp(request: HttpRequest): Promise<HttpResponse> {
  const signals = [AbortSignal.timeout(request.timeoutMs), ...(request.signal ? [request.signal] : [])];
  const outgoing = httpRequest(request.url, {
    method: request.method,
    headers: { ...request.headers },
    agent: false,
    signal: AbortSignal.any(signals),
  });
  try {
    outgoing.end(request.body);
    const [incoming] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > request.maxBytes) throw new RecoverableError('response-too-large', 'the body is too long');
      chunks.push(chunk);
    }
    return {
      status: incoming.statusCode ?? 0,
      headers: new Map(Object.entries(incoming.headersDistinct).map(([name, values]) => [name, values ?? []])),
      body: Buffer.concat(chunks),
    };
  } catch (thrown) {
    request.signal?.throwIfAborted();
    if (thrown instanceof RecoverableError) throw thrown;
    const code = (thrown as NodeJS.ErrnoException).code;
    const kind = code === 'ECONNREFUSED' ? 'connection-refused' : code === 'ABORT_ERR' ? 'timeout' : 'connection-lost';
    throw new RecoverableError(kind, `request to ${request.url} failed`, { cause: thrown });
  } finally {
    outgoing.destroy();
  }
}
