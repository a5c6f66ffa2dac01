import { toProblem } from '../../protocols/fleet/problem.ts';
import type { Clock } from '../../protocols/ports.ts';
import type {
  Address,
  HttpPort,
  HttpRequest,
  Network,
  TcpConnection,
  TcpPort,
  UdpPort,
  UdpSocket,
  WebSocketConnection,
  WebSocketPort,
} from '../platform/network.ts';
import type { ProgramPort } from '../platform/program.ts';
import type { WireContent, WireEvent, WireListener, WirePort } from './wire-event.ts';

export interface TapOptions {
  readonly network: Network;
  readonly programs: ProgramPort;
  readonly clock: Clock;
  readonly listener: WireListener;
}

export interface TappedPorts extends Network {
  readonly programs: ProgramPort;
}

type Happening = WireEvent extends infer E ? (E extends WireEvent ? Omit<E, 'connection' | 'atMs'> : never) : never;
type Tell = (happening: Happening) => void;
type Begin = (port: WirePort, target: Address | undefined, isSecure: boolean) => Tell;

/** The same ports, with every happening told to `listener`: what a driver does through them is what is seen. */
export function tapPorts({ network, programs, clock, listener }: TapOptions): TappedPorts {
  const startedAt = clock.mono();
  let count = 0;
  const begin: Begin = (port, target, isSecure) => {
    const connection = ++count;
    const tell: Tell = (happening) =>
      listener({ connection, atMs: Math.round(clock.mono() - startedAt), ...happening } as WireEvent);
    tell({ kind: 'opening', port, ...(target ? { target } : {}), isSecure });
    return tell;
  };
  return {
    tcp: tapTcp(network.tcp, begin),
    udp: tapUdp(network.udp, begin),
    http: tapHttp(network.http, begin),
    websocket: tapWebSocket(network.websocket, begin),
    programs: tapPrograms(programs, begin),
  };
}

/** Tells the failure of `work`, which goes on to the driver unchanged. What ends because the driver gives up is no failure. */
async function telling<T>(tell: Tell, work: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    tell(signal?.aborted ? { kind: 'given-up' } : { kind: 'failed', problem: toProblem(thrown) });
    throw thrown;
  }
}

function tapTcp(port: TcpPort, begin: Begin): TcpPort {
  return {
    connect: async (address, options) => {
      const tell = begin('tcp', address, options.tls !== undefined);
      const connection = await telling(tell, port.connect(address, options), options.signal);
      tell({ kind: 'opened' });
      return tapStream(connection, tell);
    },
  };
}

function tapStream(connection: TcpConnection, tell: Tell): TcpConnection {
  const bytesOf = (bytes: Uint8Array): WireContent => ({ kind: 'bytes', bytes: bytes.slice() });
  return {
    write: (bytes, signal) => {
      tell({ kind: 'out', content: bytesOf(bytes) });
      return telling(tell, connection.write(bytes, signal), signal);
    },
    read: async (signal) => {
      const chunk = await telling(tell, connection.read(signal), signal);
      tell(chunk ? { kind: 'in', content: bytesOf(chunk) } : { kind: 'ended' });
      return chunk;
    },
    [Symbol.asyncDispose]: () => closing(connection, tell),
  };
}

async function closing(connection: AsyncDisposable, tell: Tell): Promise<void> {
  tell({ kind: 'closed' });
  await connection[Symbol.asyncDispose]();
}

function tapUdp(port: UdpPort, begin: Begin): UdpPort {
  return {
    open: async (options) => {
      const tell = begin('udp', undefined, false);
      const socket = await telling(tell, port.open(options));
      tell({ kind: 'opened' });
      return tapSocket(socket, tell);
    },
  };
}

function tapSocket(socket: UdpSocket, tell: Tell): UdpSocket {
  return {
    port: socket.port,
    send: (bytes, to) => {
      tell({ kind: 'out', content: { kind: 'datagram', bytes: bytes.slice(), peer: to } });
      return telling(tell, socket.send(bytes, to));
    },
    receive: async (signal) => {
      const datagram = await telling(tell, socket.receive(signal), signal);
      tell({ kind: 'in', content: { kind: 'datagram', bytes: datagram.bytes.slice(), peer: datagram.from } });
      return datagram;
    },
    [Symbol.asyncDispose]: () => closing(socket, tell),
  };
}

function tapHttp(port: HttpPort, begin: Begin): HttpPort {
  return {
    request: async (request) => {
      const tell = begin('http', targetOf(request.url), request.url.startsWith('https:'));
      tell({ kind: 'out', content: requestOf(request) });
      const response = await telling(tell, port.request(request), request.signal);
      const { status, body } = response;
      tell({
        kind: 'in',
        content: { kind: 'response', status, headers: Object.fromEntries(response.headers), body: body.slice() },
      });
      tell({ kind: 'closed' });
      return response;
    },
  };
}

function requestOf({ method, url, headers = {}, body = '' }: HttpRequest): WireContent {
  const lists = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]] as const);
  return {
    kind: 'request',
    method,
    url,
    headers: Object.fromEntries(lists),
    body: isStream(body) ? new Uint8Array() : Buffer.from(body),
  };
}

/** A body that is streamed is too long to be shown. */
function isStream(body: NonNullable<HttpRequest['body']>): body is Exclude<typeof body, string | Uint8Array> {
  return typeof body === 'object' && 'open' in body;
}

function targetOf(text: string): Address | undefined {
  const url = URL.parse(text);
  if (!url) return undefined;
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

function tapWebSocket(port: WebSocketPort, begin: Begin): WebSocketPort {
  return {
    connect: async (address, options) => {
      const tell = begin('websocket', address, false);
      const connection = await telling(tell, port.connect(address, options), options.signal);
      tell({ kind: 'opened' });
      return tapMessages(connection, tell);
    },
  };
}

function tapMessages(connection: WebSocketConnection, tell: Tell): WebSocketConnection {
  return {
    send: (text, signal) => {
      tell({ kind: 'out', content: { kind: 'text', text } });
      return telling(tell, connection.send(text, signal), signal);
    },
    receive: async (signal) => {
      const text = await telling(tell, connection.receive(signal), signal);
      tell({ kind: 'in', content: { kind: 'text', text } });
      return text;
    },
    [Symbol.asyncDispose]: () => closing(connection, tell),
  };
}

/** The environment of a call holds its secrets and is never told. */
function tapPrograms(port: ProgramPort, begin: Begin): ProgramPort {
  return {
    run: async (call) => {
      const tell = begin('program', undefined, false);
      tell({ kind: 'out', content: { kind: 'call', program: call.program, args: call.args } });
      const result = await telling(tell, port.run(call), call.signal);
      tell({
        kind: 'in',
        content: { kind: 'result', exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr },
      });
      tell({ kind: 'closed' });
      return result;
    },
  };
}
