import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Clock } from '../../../protocols/ports.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';
import type { Fault, Simulator } from '../simulator.ts';
import { logResource, resetPath, resourcesOf, sessionsPath } from './resources.ts';
import { fullTraits, type ResetType, Server, type ServerTraits } from './server.ts';

export interface ServerBmcOptions {
  readonly clock?: Clock;
  readonly host?: string;
  readonly port?: number;
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly traits?: Partial<ServerTraits>;
  /** Speaks TLS with this identity; plain HTTP unless given. PEM texts. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Its account may read and nothing else. */
  readonly readOnly?: boolean;
  /** Sessions that may stand at once. */
  readonly mostSessions?: number;
}

export interface ServerBmc extends Simulator {
  readonly server: Server;
  /** Sessions that stand. */
  readonly sessions: number;
  readonly signInFailures: number;
  /** Method and path of each request, with the way in which it was signed in. */
  readonly requests: readonly string[];
  /** Ends all sessions, as after a while or a restart of the controller. */
  forgetSessions(): void;
  /** The next answer to a reset is lost on its way. */
  loseNextAnswer(): void;
}

const slowMs = 2_000;
const maxRequestBytes = 64 * 1024;

/** A management controller made of software: Redfish over HTTP(S), with sessions, entity tags, and resets that take time. */
export async function startServerBmc(options: ServerBmcOptions = {}): Promise<ServerBmc> {
  const clock = options.clock ?? systemClock;
  const host = options.host ?? '127.0.0.1';
  const state: State = {
    options,
    clock,
    credentials: options.credentials ?? { username: 'operator', password: 'Phòng máy <1> & 2' },
    server: new Server(clock, { ...fullTraits, ...options.traits }),
    sessions: new Map(),
    requests: [],
    ending: new AbortController(),
    fault: undefined,
    signInFailures: 0,
    losesAnswer: false,
  };
  const listener: RequestListener = (request, response) => {
    void serve(state, request, response).catch(() => response.destroy());
  };
  const { tls } = options;
  const http = tls ? createSecureServer({ key: tls.key, cert: tls.certificate }, listener) : createServer(listener);
  const listen = async (port: number) => {
    http.listen(port, host);
    await once(http, 'listening');
  };
  await listen(options.port ?? 0);
  const bound = http.address();
  const port = typeof bound === 'object' && bound ? bound.port : 0;
  const close = async () => {
    http.closeAllConnections();
    if (http.listening) await new Promise<void>((resolve) => http.close(() => resolve()));
  };
  return {
    address: { host, port },
    server: state.server,
    get sessions() {
      return state.sessions.size;
    },
    get signInFailures() {
      return state.signInFailures;
    },
    requests: state.requests,
    forgetSessions: () => state.sessions.clear(),
    loseNextAnswer: () => {
      state.losesAnswer = true;
    },
    setFault: async (fault) => {
      state.fault = fault;
      if (fault === 'reboot') {
        state.sessions.clear();
        await close();
      } else if (!http.listening) {
        await listen(port);
      }
    },
    [Symbol.asyncDispose]: async () => {
      state.ending.abort(new Error('simulator ends'));
      await close();
    },
  };
}

interface State {
  readonly options: ServerBmcOptions;
  readonly clock: Clock;
  readonly credentials: { readonly username: string; readonly password: string };
  readonly server: Server;
  /** Path by token. */
  readonly sessions: Map<string, string>;
  readonly requests: string[];
  readonly ending: AbortController;
  fault: Fault | undefined;
  signInFailures: number;
  losesAnswer: boolean;
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (state.fault === 'hang-up') return void response.destroy();
  const body = await readBody(request);
  if (state.fault === 'silence') return;
  if (state.fault === 'slow') await state.clock.wait(slowMs, state.ending.signal);
  if (state.fault === 'garbage') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><p>Router login<br>\x01\x02&nbsp;');
    return;
  }
  const reply = state.fault === 'busy' ? failure(503, 'ServiceTemporarilyUnavailable') : answer(state, request, body);
  if (state.losesAnswer && request.url === resetPath) {
    state.losesAnswer = false;
    return void response.destroy();
  }
  send(state, request, response, reply);
}

function send(state: State, request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const text = reply.body === undefined ? '' : JSON.stringify(reply.body);
  const etag = `W/"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"`;
  const isSame = reply.status === 200 && request.headers['if-none-match'] === etag;
  response.writeHead(isSame ? 304 : reply.status, {
    'odata-version': '4.0',
    'cache-control': 'no-cache',
    ...(text === ''
      ? {}
      : { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) }),
    ...(reply.status === 200 ? { etag } : {}),
    ...reply.headers,
  });
  if (state.fault === 'half-frame') response.write(text.slice(0, text.length / 2) || '{');
  else response.end(isSame ? '' : text);
}

function answer(state: State, request: IncomingMessage, body: string): Reply {
  const url = new URL(request.url ?? '/', 'http://controller');
  const path = url.pathname.replace(/(.)\/$/, '$1');
  const signedIn = signInOf(state, request);
  state.requests.push(`${request.method} ${url.pathname}${url.search} ${signedIn}`);
  if (request.method === 'POST' && path === sessionsPath && state.server.traits.hasSessions)
    return openSession(state, body);
  // DSP0266 section 13.3.1: the root, what leads to it and its metadata are for everybody.
  if (signedIn !== 'session' && signedIn !== 'basic' && path !== '/redfish' && path !== '/redfish/v1') {
    if (signedIn === 'refused') state.signInFailures += 1;
    return { ...failure(401, 'NoValidSession'), headers: { 'www-authenticate': 'Basic realm="Redfish"' } };
  }
  if (request.method === 'DELETE') return endSession(state, path);
  if (request.method === 'POST' && path === resetPath) {
    return state.options.readOnly ? failure(403, 'InsufficientPrivilege') : reset(state, body);
  }
  if (request.method !== 'GET') return failure(405, 'ActionNotSupported');
  const resources = resourcesOf(state.server);
  const found = Object.hasOwn(resources, path)
    ? resources[path]?.()
    : logResource(state.server, path, url.searchParams);
  return found ? { status: 200, body: found } : failure(404, 'ResourceMissingAtURI');
}

type SignIn = 'session' | 'basic' | 'refused' | 'anonymous';

function signInOf(state: State, request: IncomingMessage): SignIn {
  const token = request.headers['x-auth-token'];
  const isOpen = state.fault !== 'wrong-password';
  if (typeof token === 'string') return isOpen && state.sessions.has(token) ? 'session' : 'refused';
  const { authorization } = request.headers;
  if (authorization === undefined) return 'anonymous';
  const { username, password } = state.credentials;
  const wanted = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return isOpen && authorization === wanted ? 'basic' : 'refused';
}

function openSession(state: State, body: string): Reply {
  const given = parse(body);
  const { username, password } = state.credentials;
  if (state.fault === 'wrong-password' || given['UserName'] !== username || given['Password'] !== password) {
    state.signInFailures += 1;
    return failure(401, 'ResourceAtUriUnauthorized');
  }
  if (state.sessions.size >= (state.options.mostSessions ?? 8)) return failure(503, 'SessionLimitExceeded');
  const token = randomBytes(16).toString('hex');
  const path = `${sessionsPath}/${state.requests.length}`;
  state.sessions.set(token, path);
  return {
    status: 201,
    headers: { location: path, 'x-auth-token': token },
    body: {
      '@odata.id': path,
      '@odata.type': '#Session.v1_7_0.Session',
      Id: path.split('/').at(-1),
      Name: 'User Session',
      UserName: username,
    },
  };
}

function endSession(state: State, path: string): Reply {
  for (const [token, own] of state.sessions) {
    if (own !== path) continue;
    state.sessions.delete(token);
    return { status: 204 };
  }
  return failure(404, 'ResourceMissingAtURI');
}

function reset({ server }: State, body: string): Reply {
  const type = parse(body)['ResetType'];
  if (!server.traits.resets.includes(type as ResetType)) return failure(400, 'ActionParameterValueNotInList');
  return server.reset(type as ResetType) ? { status: 204 } : failure(409, 'NoOperation');
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // What is no JSON names nothing; the caller answers that it lacks something.
    return {};
  }
}

/** An error response (DSP0266 section 8.6). */
function failure(status: number, id: string): Reply {
  const message = `The request failed: ${id}.`;
  return {
    status,
    body: {
      error: {
        code: `Base.1.18.${id}`,
        message,
        '@Message.ExtendedInfo': [
          {
            '@odata.type': '#Message.v1_2_0.Message',
            MessageId: `Base.1.18.${id}`,
            Message: message,
            MessageSeverity: 'Critical',
            Resolution: 'None.',
          },
        ],
      },
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxRequestBytes) throw new Error('request too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
