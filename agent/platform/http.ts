import { type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { FatalError, RecoverableError, toError } from '../../protocols/errors.ts';
import type { Clock } from '../../protocols/ports.ts';
import { type DialObserver, dial, networkError, type Resolve, resolveAllowed, untilAborted } from './dial.ts';
import type { Address, HttpPort, HttpRequest, HttpResponse, HttpStream } from './network.ts';
import type { AddressFilter } from './network-policy.ts';
import { secured } from './secure-socket.ts';

/** Longest block of response headers; Node refuses a longer one. */
const maxHeaderBytes = 32 * 1024;

/**
 * HTTP/1.1 under the agent's network policy: one connection a request, no redirect, no proxy, no cookie, nothing unpacked.
 * Over https the peer is the pinned certificate, or one that the machine trusts for this name: else FatalError
 * `certificate-mismatch` or `certificate-not-trusted`, before any byte of the request has left.
 */
export function createHttpPort(
  filter: AddressFilter,
  resolve: Resolve,
  clock: Clock,
  observe?: DialObserver,
): HttpPort {
  return {
    request: async (request) => {
      const url = urlOf(request.url);
      const address = addressOf(url);
      using deadline = clock.deadline(request.timeoutMs, request.signal);
      const { signal } = deadline;
      const ip = await resolveAllowed(filter, resolve, address, signal, observe);
      const plain = await dial(ip, address, signal, observe);
      try {
        const socket =
          url.protocol === 'https:' ? await secured(plain, address, request.pinnedCertificate, signal) : plain;
        return await untilAborted(exchange(socket, url, request, signal), signal);
      } catch (thrown) {
        signal.throwIfAborted();
        throw thrown instanceof FatalError || thrown instanceof RecoverableError
          ? thrown
          : networkError(thrown, `${request.method} ${withoutCredentials(url)} failed`);
      } finally {
        plain.destroy();
      }
    },
  };
}

function urlOf(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new FatalError('invalid-url', `${text.slice(0, 200)} is no http or https address`);
  }
  return url;
}

function withoutCredentials(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

function addressOf(url: URL): Address {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { host, port };
}

async function exchange(socket: Socket, url: URL, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  const outgoing = startRequest({
    method: request.method,
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, connection: 'close', ...lengthOf(request.body), ...request.headers },
    // No `agent`: Node takes `createConnection` only without one.
    createConnection: () => socket,
    setHost: false,
    maxHeaderSize: maxHeaderBytes,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.once('response', resolve);
  });
  const sent = send(outgoing, request.body, signal);
  // An answer may come before the whole body is gone: a refusal counts, whatever becomes of the rest.
  sent.catch(() => undefined);
  const incoming = await Promise.race([answered, sent.then(() => answered)]);
  return {
    status: incoming.statusCode ?? 0,
    headers: new Map(Object.entries(incoming.headersDistinct).map(([name, values]) => [name, values ?? []])),
    body: await bodyOf(incoming, request),
  };
}

async function send(outgoing: ClientRequest, body: HttpRequest['body'], signal: AbortSignal): Promise<void> {
  if (isStream(body)) await pipeline(body.open(signal), outgoing, { signal });
  else outgoing.end(body);
}

function isStream(body: HttpRequest['body']): body is HttpStream {
  return typeof body === 'object' && 'open' in body;
}

/** A stated length, because simple devices do not read chunked requests. */
function lengthOf(body: HttpRequest['body']): Record<string, string> {
  if (isStream(body)) return { 'content-length': String(body.sizeBytes) };
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
}

async function bodyOf(incoming: IncomingMessage, request: HttpRequest): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > request.maxBytes) {
        throw new RecoverableError('response-too-large', `the body is longer than ${request.maxBytes} bytes`);
      }
      chunks.push(chunk);
    }
  } catch (thrown) {
    if (thrown instanceof RecoverableError) throw thrown;
    throw new RecoverableError('connection-lost', 'the connection broke inside the body', { cause: toError(thrown) });
  }
  return Buffer.concat(chunks);
}
