import { type IncomingMessage, request as startRequest } from 'node:http';
import { isIP } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { FatalError, RecoverableError, toError } from '../../protocols/errors.ts';
import { problemSchema } from '../../protocols/fleet/problem.ts';
import type { Clock } from '../../protocols/ports.ts';

/** What an agent shows the hub, once it has it. PEM texts. */
export interface ClientCredentials {
  readonly key: string;
  readonly certificate: string;
}

export interface HubRequest {
  readonly method: 'POST' | 'PUT';
  /** `https://host[:port]/path`. */
  readonly url: string;
  readonly contentType: string;
  readonly body: string | Uint8Array;
  /** Whom to believe; nobody else. PEM texts. */
  readonly authorities: readonly string[];
  readonly credentials?: ClientCredentials;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly clock: Clock;
}

const maxAnswerBytes = 64 * 1024;

/**
 * One request to the hub's gateway over TLS. Resolves with the body of a 2xx answer. Follows no redirect.
 * Throws RecoverableError `hub-unreachable` | `timeout`, FatalError `hub-not-trusted`, or the problem that the hub tells.
 */
export async function requestHub(request: HubRequest): Promise<string> {
  const url = new URL(request.url);
  using deadline = request.clock.deadline(request.timeoutMs, request.signal);
  const { signal } = deadline;
  const socket = await openTls(url, signal, {
    ca: [...request.authorities],
    rejectUnauthorized: true,
    ...(request.credentials ? { key: request.credentials.key, cert: request.credentials.certificate } : {}),
  });
  try {
    const { status, body } = await untilAborted(exchange(socket, url, request), signal);
    if (status >= 200 && status < 300) return body;
    throw problemOf(status, body);
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrown;
  } finally {
    socket.destroy();
  }
}

/** A TLS socket after its handshake. Throws as `requestHub` does. */
export async function openTls(
  url: URL,
  signal: AbortSignal,
  options: {
    readonly ca?: string[];
    readonly rejectUnauthorized: boolean;
    readonly key?: string;
    readonly cert?: string;
  },
): Promise<TLSSocket> {
  if (url.protocol !== 'https:')
    throw new FatalError('invalid-url', `the hub is reached by https://, not ${url.protocol}`);
  signal.throwIfAborted();
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const socket = tlsConnect({
    ...options,
    host,
    port: Number(url.port || 443),
    minVersion: 'TLSv1.2',
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
  try {
    await untilAborted(
      new Promise<void>((resolve, reject) => {
        socket.on('error', reject);
        socket.once('secureConnect', resolve);
        socket.once('close', () => reject(new Error('the hub closed the connection')));
      }),
      signal,
    );
    return socket;
  } catch (thrown) {
    socket.destroy();
    signal.throwIfAborted();
    throw unreachable(thrown, url);
  }
}

async function exchange(socket: TLSSocket, url: URL, request: HubRequest): Promise<{ status: number; body: string }> {
  const outgoing = startRequest({
    method: request.method,
    path: `${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      connection: 'close',
      accept: 'application/json',
      'content-type': request.contentType,
      'content-length': Buffer.byteLength(request.body),
    },
    createConnection: () => socket,
    setHost: false,
  });
  try {
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('error', reject);
      outgoing.once('response', resolve);
    });
    outgoing.end(request.body);
    const incoming = await answered;
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxAnswerBytes) throw new Error(`the answer is longer than ${maxAnswerBytes} bytes`);
      chunks.push(chunk);
    }
    return { status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') };
  } catch (thrown) {
    throw unreachable(thrown, url);
  }
}

function problemOf(status: number, body: string): FatalError | RecoverableError {
  const problem = problemSchema.safeParse(parseJson(body)).data;
  const code = problem?.code ?? 'hub-refused';
  const message = problem?.message ?? `the hub answered with HTTP status ${status}`;
  const mayRetry = problem?.retryable ?? status >= 500;
  return new (mayRetry ? RecoverableError : FatalError)(code, message, { details: { status } });
}

/** JSON of an answer; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** OpenSSL's reasons for not believing a certificate, as Node names them. */
const distrust = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT|INVALID_PURPOSE)/;

function unreachable(thrown: unknown, url: URL): FatalError | RecoverableError {
  if (thrown instanceof FatalError || thrown instanceof RecoverableError) return thrown;
  const error = toError(thrown);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (distrust.test(code)) {
    return new FatalError('hub-not-trusted', `${url.host} does not prove to be the hub: ${error.message}`, {
      cause: error,
    });
  }
  return new RecoverableError('hub-unreachable', `the hub at ${url.host} cannot be reached: ${error.message}`, {
    cause: error,
  });
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
