import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { FatalError, RecoverableError, toError } from '../../../protocols/errors.ts';

export interface PostOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly lookup?: RequestOptions['lookup'];
  /** PEM of an authority that is believed beside those of the system. */
  readonly ca?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Of the header `Retry-After`. */
  readonly retryAfterMs: number | undefined;
}

const mostBytes = 64 * 1024;

/** One POST, without following redirects, on a connection of its own. Throws RecoverableError `away`, FatalError of the lookup. */
export async function post({ url, headers, body, lookup, ca }: PostOptions, signal: AbortSignal): Promise<Answer> {
  const payload = Buffer.from(body);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = {
    method: 'POST',
    headers: { ...headers, 'content-length': String(payload.length) },
    agent: false,
    signal,
    ...(lookup ? { lookup } : {}),
    ...(ca === undefined ? {} : { ca }),
  } as const;
  const request = (url.protocol === 'http:' ? httpRequest : httpsRequest)(url, options);
  request.on('response', resolve).on('error', reject).end(payload);
  try {
    const response = await promise;
    return { status: response.statusCode ?? 0, body: await readBody(response), retryAfterMs: retryAfterOf(response) };
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    if (thrown instanceof FatalError) throw thrown;
    throw new RecoverableError('away', `${url.host} did not answer: ${toError(thrown).message.slice(0, 200)}`, {
      cause: thrown,
    });
  } finally {
    request.destroy();
  }
}

/** What is longer is not read to its end: the answer is not worth it. */
async function readBody(response: IncomingMessage): Promise<string> {
  let bytes = 0;
  const start: Buffer[] = [];
  for await (const chunk of response) {
    const part = Buffer.from(chunk as Uint8Array);
    bytes += part.length;
    start.push(part);
    if (bytes > mostBytes) break;
  }
  return Buffer.concat(start).subarray(0, mostBytes).toString('utf8');
}

/** Seconds only: a date would need the other side's clock. */
function retryAfterOf({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}
