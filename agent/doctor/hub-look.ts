import { request as startRequest } from 'node:http';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { FleetError, toError } from '../../protocols/errors.ts';
import type { Clock } from '../../protocols/ports.ts';
import { type ClientCredentials, openTls } from '../../provisioning/enrolment/hub-request.ts';
import { systemResolve } from '../platform/dial.ts';
import type { DoorCause, DoorFact, HubFacts, NameFact } from './facts.ts';

/** What is known of the hub. Without `authorities` nobody can tell whether it is the right one: only the way to it is looked at. */
export interface KnownHub {
  readonly gatewayUrl: string;
  readonly mqttUrl?: string;
  readonly authorities?: readonly string[];
  readonly credentials?: ClientCredentials;
}

interface Look {
  readonly hub: KnownHub;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const limitMs = 8_000;
/** A hub that does not take the certificate says so only after the handshake (TLS 1.3). */
const rejectionMs = 500;

/** Goes the agent's own way to its hub, as far as possible without speaking in its name: a second session would end the first. */
export async function lookAtHub(look: Look): Promise<HubFacts> {
  const { gatewayUrl, mqttUrl } = look.hub;
  const gateway = new URL(gatewayUrl);
  const name = await lookUp(gateway.hostname.replace(/^\[(.*)\]$/, '$1'), look);
  const closed: DoorFact = { state: 'not-tried' };
  if (name.state === 'unknown') return { name, gateway: closed, broker: closed, clockAheadMs: undefined };
  let clockAheadMs: number | undefined;
  const readTime = async (socket: TLSSocket, signal: AbortSignal) => {
    const toldMs = await askTime(socket, gateway.host, signal);
    // The header has whole seconds.
    if (toldMs !== undefined) clockAheadMs = look.clock.now() - (toldMs + 500);
  };
  const door = await open(gateway, look, readTime);
  if (door.state === 'failed' && door.cause === 'wrong-time') {
    // Whose clock is wrong? What an unproven hub says is a hint only, and all that there is.
    await open(gateway, { ...look, hub: { gatewayUrl } }, readTime);
  }
  const broker = mqttUrl === undefined ? closed : await open(new URL(mqttUrl), look, awaitRejection);
  return { name, gateway: door, broker, clockAheadMs };
}

async function lookUp(host: string, { clock, signal: outer }: Look): Promise<NameFact> {
  if (isIP(host) !== 0) return { state: 'address', host };
  using deadline = clock.deadline(limitMs, outer);
  const { signal } = deadline;
  const { promise: late, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  try {
    const addresses = await Promise.race([systemResolve(host), late]);
    return { state: 'found', host, addresses };
  } catch (thrown) {
    outer.throwIfAborted();
    return { state: 'unknown', host, detail: toError(thrown).message };
  }
}

type Use = (socket: TLSSocket, signal: AbortSignal, clock: Clock) => Promise<void>;

async function open(url: URL, { hub, clock, signal: outer }: Look, use: Use): Promise<DoorFact> {
  const { authorities, credentials } = hub;
  using deadline = clock.deadline(limitMs, outer);
  const { signal } = deadline;
  const startedAt = clock.mono();
  const place = url.host;
  try {
    const socket = await openTls(new URL(`https://${url.host}`), signal, {
      rejectUnauthorized: authorities !== undefined,
      ...(authorities ? { ca: [...authorities] } : {}),
      ...(credentials ? { key: credentials.key, cert: credentials.certificate } : {}),
    });
    const tookMs = clock.mono() - startedAt;
    try {
      await use(socket, signal, clock);
    } finally {
      socket.destroy();
    }
    return { state: 'open', place, tookMs };
  } catch (thrown) {
    outer.throwIfAborted();
    const error = toError(thrown);
    return { state: 'failed', place, cause: doorCauseOf(error), detail: error.message };
  }
}

/** The time in the hub's answer to a question about nothing. */
async function askTime(socket: TLSSocket, host: string, signal: AbortSignal): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const outgoing = startRequest({
    method: 'HEAD',
    path: '/',
    headers: { host, connection: 'close' },
    createConnection: () => socket,
    setHost: false,
    signal,
  });
  outgoing.on('error', reject);
  outgoing.once('response', (response) => {
    response.resume();
    resolve(response.headers.date);
  });
  outgoing.end();
  const told = Date.parse((await promise) ?? '');
  return Number.isNaN(told) ? undefined : told;
}

/** Says nothing, and fails if the other side ends the connection at once. */
const awaitRejection: Use = async (socket, signal, clock) => {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  socket.on('error', reject);
  socket.once('close', () => reject(new Error('the hub ended the connection after the handshake')));
  socket.resume();
  try {
    await Promise.race([ended, clock.wait(rejectionMs, signal)]);
  } catch (thrown) {
    signal.throwIfAborted();
    throw new FleetError('rejected', toError(thrown).message, { cause: thrown });
  }
};

const causesByCode: Readonly<Record<string, DoorCause>> = {
  timeout: 'no-answer',
  rejected: 'rejected',
  'hub-not-trusted': 'not-trusted',
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'no-answer',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  CERT_NOT_YET_VALID: 'wrong-time',
  CERT_HAS_EXPIRED: 'wrong-time',
};

/** By the innermost code that says something: a certificate out of its time is also one that is not trusted. */
export function doorCauseOf(error: Error): DoorCause {
  const codes: string[] = [];
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) {
    if ('code' in inner && typeof inner.code === 'string') codes.unshift(inner.code);
  }
  if (codes.some((code) => /^ERR_SSL_.*ALERT/.test(code))) return 'rejected';
  const known = codes.map((code) => causesByCode[code]).find((cause) => cause !== undefined);
  return known ?? 'not-secure';
}
