import type { z } from 'zod';
import { commandSchema } from '../../protocols/api/operation/commands.ts';

/** A small client of the hub's HTTP API for tests and the demo; every answer is checked by the contract's schema. */
export interface Api {
  get<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>>;
  post<T extends z.ZodType>(path: string, body: unknown, schema: T): Promise<z.output<T>>;
  /** Status and raw body, whatever the answer. */
  raw(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly text: string }>;
}

export function createApi(url: string, headers: Readonly<Record<string, string>>): Api {
  const raw: Api['raw'] = async (method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
  const checked = async <T extends z.ZodType>(
    method: string,
    path: string,
    body: unknown,
    schema: T,
  ): Promise<z.output<T>> => {
    const { status, text } = await raw(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 500)}`);
    return schema.parse(JSON.parse(text));
  };
  return {
    raw,
    get: (path, schema) => checked('GET', path, undefined, schema),
    post: (path, body, schema) => checked('POST', path, body, schema),
  };
}

/** Signs in with e-mail and password; the headers that keep the session. */
export async function signIn(url: string, email: string, password: string): Promise<Readonly<Record<string, string>>> {
  const response = await fetch(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email, password }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  return { cookie, origin: url };
}

/** Queues a command and returns its id; the hub has it for good. */
export async function queueCommand(api: Api, device: string, expiresInSeconds: number): Promise<string> {
  const wish = { capability: 'reachability', name: 'probe', expiresInSeconds };
  return (await api.post(`/api/v1/devices/${device}/commands`, wish, commandSchema)).id;
}

const openStates = new Set(['queued', 'sent', 'received', 'running']);

/** Waits until a command has ended; how. */
export function endOf(api: Api, command: string, timeoutMs: number): Promise<string> {
  return until(`the end of command ${command}`, timeoutMs, async () => {
    const { state } = await api.get(`/api/v1/commands/${command}`, commandSchema);
    return !openStates.has(state) && state;
  });
}

/** Asks until `condition` gives a value; throws with `what` after `timeoutMs`. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  condition: () => Promise<T | undefined | false>,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const value = await condition();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (thrown) {
      last = thrown;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last });
}
