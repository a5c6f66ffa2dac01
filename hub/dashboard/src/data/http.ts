import { z } from 'zod';
import { problemDetailsSchema } from '../../../../protocols/api/page.ts';
import { ApiError, errorOfProblem } from './api-error.ts';

const deadlineMs = 20_000;
/** A thousand vouchers take the hub some seconds to draw. */
const fileDeadlineMs = 120_000;
const problemShape = problemDetailsSchema.partial();

type QueryValue = string | number | boolean | undefined;

interface Call<T extends z.ZodType> {
  readonly schema: T;
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** The same for a repeated request, so that it acts once. */
  readonly onceKey?: string;
  readonly body?: unknown;
  /** Sent as it is, in place of a body. */
  readonly file?: Blob;
  readonly signal?: AbortSignal | undefined;
}

interface Sending extends Omit<Call<z.ZodType>, 'schema'> {
  /** Media type of the answer; JSON unless given. */
  readonly accept?: string;
  readonly withinMs?: number;
}

/** What the rest of the page hears about every request. */
interface HttpListener {
  /** The hub answered, or did not. */
  readonly reached: (answered: boolean) => void;
  /** The session ended. Resolves once the same person is signed in again, so that the request can be repeated; rejects if it cannot. */
  readonly renew: () => Promise<void>;
}

let listener: HttpListener = { reached: () => undefined, renew: () => Promise.resolve() };

/** Sets who hears about requests; there is one page, hence one listener. */
export function listenToHttp(next: HttpListener): void {
  listener = next;
}

function addressOf(path: string, query: Readonly<Record<string, QueryValue>> = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined && value !== '') search.set(key, String(value));
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

async function send(path: string, call: Sending): Promise<Response> {
  const deadline = AbortSignal.timeout(call.withinMs ?? (call.file ? fileDeadlineMs : deadlineMs));
  const signal = call.signal ? AbortSignal.any([call.signal, deadline]) : deadline;
  try {
    const response = await fetch(addressOf(path, call.query), {
      method: call.method ?? 'GET',
      credentials: 'same-origin',
      headers: {
        accept: call.accept ?? 'application/json',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(call.file === undefined ? {} : { 'content-type': 'application/octet-stream' }),
        ...(call.onceKey === undefined ? {} : { 'idempotency-key': call.onceKey }),
      },
      signal,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(call.file === undefined ? {} : { body: call.file }),
    });
    const json = response.headers.get('content-type')?.includes('json') ?? false;
    listener.reached(response.status < 502 || response.status > 504 || json);
    return response;
  } catch (thrown) {
    if (call.signal?.aborted) throw thrown;
    listener.reached(false);
    throw new ApiError('away', 'hub-away', `no answer from ${path}`, { cause: thrown });
  }
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new ApiError('contract', 'answer-unreadable', `the answer of ${response.url} is no JSON`, {
      status: response.status,
      cause: thrown,
    });
  }
}

async function failureOf(response: Response): Promise<ApiError> {
  const body = await readJson(response).catch(() => undefined);
  const problem = problemShape.safeParse(body);
  const retryAfter = response.headers.get('retry-after') ?? response.headers.get('x-retry-after');
  return errorOfProblem(response.status, problem.success ? problem.data : {}, retryAfter);
}

async function readAnswer<T extends z.ZodType>(path: string, response: Response, schema: T): Promise<z.output<T>> {
  const answer = schema.safeParse(await readJson(response));
  if (answer.success) return answer.data;
  throw new ApiError('contract', 'answer-unreadable', `${path}: ${z.prettifyError(answer.error)}`, {
    status: response.status,
  });
}

/**
 * Asks the hub and checks its answer. Throws ApiError. When the session has ended it waits for a new sign-in and then
 * asks once more, so that nothing that was typed is lost.
 */
export async function ask<T extends z.ZodType>(path: string, call: Call<T>): Promise<z.output<T>> {
  return readAnswer(path, await sendSignedIn(path, call), call.schema);
}

/** Like `ask`, for a document that is printed or saved. */
export async function askPdf(path: string, call: Omit<Call<z.ZodType>, 'schema'> = {}): Promise<Blob> {
  const accept = 'application/pdf, application/problem+json';
  const response = await sendSignedIn(path, { ...call, accept, withinMs: fileDeadlineMs });
  if (response.headers.get('content-type') !== 'application/pdf')
    throw new ApiError('contract', 'answer-unreadable', `${path} answers with no PDF`, { status: response.status });
  return response.blob();
}

async function sendSignedIn(path: string, call: Sending): Promise<Response> {
  let response = await send(path, call);
  if (response.status === 401) {
    await listener.renew();
    response = await send(path, call);
  }
  if (!response.ok) throw await failureOf(response);
  return response;
}

/** Like `ask`, but a missing session is an answer (ApiError `signed-out`) and not a reason to wait. */
export async function askOnce<T extends z.ZodType>(path: string, call: Call<T>): Promise<z.output<T>> {
  const response = await send(path, call);
  if (!response.ok) throw await failureOf(response);
  return readAnswer(path, response, call.schema);
}
