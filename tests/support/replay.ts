import { type Bundle, type BundleConnection, type BundleContent, fromPayload } from '../../agent/capture/bundle.ts';
import type {
  Address,
  HttpPort,
  HttpRequest,
  HttpResponse,
  Network,
  TcpPort,
  UdpPort,
  WebSocketPort,
} from '../../agent/platform/network.ts';
import type { ProgramPort } from '../../agent/platform/program.ts';
import { FatalError, RecoverableError } from '../../protocols/errors.ts';
import type { Problem } from '../../protocols/fleet/problem.ts';
import type { Clock } from '../../protocols/ports.ts';
import { readRequestId, withRequestId } from './snmp-request-id.ts';

/** A device that is played back from a capture. */
export interface Replay {
  readonly network: Network;
  readonly programs: ProgramPort;
  /** Tells the wall clock as the driver read it then; waits and deadlines are those of the given clock. */
  readonly clock: Clock;
  /** What the driver asked and the capture has no answer to. */
  readonly unmatched: readonly string[];
}

/**
 * The ports of a driver over what a capture holds. Requests are matched by their order, not by their bytes: nonces, digests
 * and random numbers differ from run to run. What came in is given once as much has gone out as had then.
 *
 * TCP and WebSocket: the connections to one address in the order in which they were opened. UDP: the sockets in their order;
 * SNMP repeats the random number of a question in its answer, so that number is put into the answer. HTTP: by method, path
 * and content type (which names the operation of SOAP), each in its order, because an event feed asks beside the polls.
 */
export function createReplay(bundle: Bundle, clock: Clock): Replay {
  if (!bundle.isReplayable) throw new Error('this capture has gaps and cannot be played back');
  const unmatched: string[] = [];
  const shelf = new Shelf(bundle, unmatched);
  let reads = 0;
  const { clockReads, startedAt } = bundle;
  return {
    unmatched,
    clock: {
      wait: clock.wait,
      deadline: clock.deadline,
      mono: () => clock.mono(),
      now: () => startedAt + (clockReads[Math.min(reads++, clockReads.length - 1)] ?? 0),
    },
    network: { tcp: tcpPort(shelf), udp: udpPort(shelf), http: httpPort(shelf), websocket: webSocketPort(shelf) },
    programs: programPort(shelf),
  };
}

/** The connections that nobody has taken yet. */
class Shelf {
  readonly unmatched: string[];
  readonly #left: Map<string, BundleConnection[]>;

  constructor(bundle: Bundle, unmatched: string[]) {
    this.unmatched = unmatched;
    this.#left = Map.groupBy(bundle.connections, keyOf) as Map<string, BundleConnection[]>;
  }

  take(key: string): BundleConnection {
    const next = this.#left.get(key)?.shift();
    if (next) return next;
    this.unmatched.push(key);
    throw new RecoverableError('connection-refused', `the capture has no further ${key}`);
  }
}

function keyOf({ port, target, frames }: BundleConnection): string {
  const asked = frames.find(({ way }) => way === 'out')?.content;
  if (port === 'http' && asked?.kind === 'request')
    return httpKey(asked.method, asked.url, asked.headers['content-type']?.[0]);
  if (port === 'udp' || port === 'program') return port;
  return targetKey(port, target);
}

function targetKey(port: string, target: Address | undefined): string {
  return `${port} ${target?.host}:${target?.port}`;
}

function httpKey(method: string, url: string, contentType = ''): string {
  const { pathname, search } = new URL(url);
  return `http ${method} ${pathname}${search} ${contentType}`;
}

function errorOf({ code, message, retryable }: Problem): Error {
  return retryable ? new RecoverableError(code, message) : new FatalError(code, message);
}

/** What came in on one connection, held back until as much has gone out as had when it came. */
class Incoming {
  readonly #connection: BundleConnection;
  readonly #waiting = new Set<() => void>();
  #at = 0;
  #sent = 0;
  #isClosed = false;

  constructor(connection: BundleConnection) {
    this.#connection = connection;
    if (connection.failure && !connection.isOpened) throw errorOf(connection.failure);
  }

  get sent(): number {
    return this.#sent;
  }

  /** What had gone out as number `index`. */
  recorded(index: number): BundleContent | undefined {
    return this.#connection.frames.filter(({ way }) => way === 'out')[index]?.content;
  }

  send(): void {
    this.#sent++;
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  /** The next content; undefined after the peer had ended. Throws what ended it then, or the signal's reason. */
  async next(signal: AbortSignal | undefined): Promise<BundleContent | undefined> {
    for (;;) {
      signal?.throwIfAborted();
      const content = this.#due();
      if (content) return content;
      if (this.#isClosed) throw new FatalError('socket-closed', 'the socket is closed');
      if (this.#at >= this.#connection.frames.length) {
        if (this.#connection.failure) throw errorOf(this.#connection.failure);
        if (this.#connection.end === 'peer') return undefined;
      }
      await this.#change(signal);
    }
  }

  #due(): BundleContent | undefined {
    const { frames } = this.#connection;
    let outs = frames.slice(0, this.#at).filter(({ way }) => way === 'out').length;
    for (let at = this.#at; at < frames.length; at++) {
      const frame = frames[at];
      if (frame?.way === 'out') {
        outs++;
        if (outs > this.#sent) return undefined;
      } else if (frame) {
        this.#at = at + 1;
        return frame.content;
      }
    }
    this.#at = frames.length;
    return undefined;
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}

function tcpPort(shelf: Shelf): TcpPort {
  return {
    connect: async (address, { signal }) => {
      signal?.throwIfAborted();
      const incoming = new Incoming(shelf.take(targetKey('tcp', address)));
      return {
        write: async (_bytes, writeSignal) => {
          writeSignal?.throwIfAborted();
          incoming.send();
        },
        read: async (readSignal) => {
          const content = await incoming.next(readSignal);
          return content?.kind === 'bytes' ? fromPayload(content.payload) : undefined;
        },
        [Symbol.asyncDispose]: async () => incoming.close(),
      };
    },
  };
}

function udpPort(shelf: Shelf): UdpPort {
  return {
    open: async ({ port = 50_000 }) => {
      const incoming = new Incoming(shelf.take('udp'));
      /** The number of each question then, and the one that the driver chose now. */
      const numbers = new Map<string, Uint8Array>();
      return {
        port,
        send: async (bytes) => {
          const then = incoming.recorded(incoming.sent);
          const number = then?.kind === 'datagram' ? readRequestId(fromPayload(then.payload)) : undefined;
          const now = readRequestId(bytes);
          if (number && now) numbers.set(Buffer.from(number).toString('hex'), now);
          incoming.send();
        },
        receive: async (signal) => {
          const content = await incoming.next(signal);
          if (content?.kind !== 'datagram') throw new FatalError('socket-closed', 'the socket is closed');
          const bytes = fromPayload(content.payload);
          const number = readRequestId(bytes);
          const now = number && numbers.get(Buffer.from(number).toString('hex'));
          return { bytes: now ? withRequestId(bytes, now) : bytes, from: content.peer };
        },
        [Symbol.asyncDispose]: async () => incoming.close(),
      };
    },
  };
}

function httpPort(shelf: Shelf): HttpPort {
  return {
    request: async (request: HttpRequest): Promise<HttpResponse> => {
      request.signal?.throwIfAborted();
      const type = Object.entries(request.headers ?? {}).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
      const { frames, failure } = shelf.take(httpKey(request.method, request.url, type));
      const answer = frames.find(({ way }) => way === 'in')?.content;
      if (answer?.kind === 'response') {
        return {
          status: answer.status,
          headers: new Map(Object.entries(answer.headers)),
          body: fromPayload(answer.payload),
        };
      }
      if (failure) throw errorOf(failure);
      return await abortOf(request.signal);
    },
  };
}

/** A question that was never answered then is not answered now. */
function abortOf(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

function webSocketPort(shelf: Shelf): WebSocketPort {
  return {
    connect: async (address, { signal }) => {
      signal?.throwIfAborted();
      const incoming = new Incoming(shelf.take(targetKey('websocket', address)));
      return {
        send: async (_text, sendSignal) => {
          sendSignal?.throwIfAborted();
          incoming.send();
        },
        receive: async (receiveSignal) => {
          const content = await incoming.next(receiveSignal);
          if (content?.kind === 'text') return content.text;
          throw new RecoverableError('connection-lost', 'the peer has closed the connection');
        },
        [Symbol.asyncDispose]: async () => incoming.close(),
      };
    },
  };
}

function programPort(shelf: Shelf): ProgramPort {
  return {
    run: async ({ signal }) => {
      const { frames, failure } = shelf.take('program');
      const result = frames.find(({ way }) => way === 'in')?.content;
      if (result?.kind === 'result') return result;
      if (failure) throw errorOf(failure);
      return await abortOf(signal);
    },
  };
}
