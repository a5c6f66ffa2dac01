import { lookup } from 'node:dns/promises';
import { isIP, connect as netConnect, type Socket } from 'node:net';
import { RecoverableError, toError } from '../../protocols/errors.ts';
import type { Address } from './network.ts';
import { type AddressFilter, refuseAddress } from './network-policy.ts';

/** Turns a host name into its addresses, in the order of preference. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** What happens below a connection, as it happens, so that a person sees how far it came. One that is given up ends without a word. */
export type DialEvent =
  | { readonly kind: 'resolved' | 'refused'; readonly address: Address; readonly ips: readonly string[] }
  | { readonly kind: 'dialling' | 'connected'; readonly address: Address; readonly ip: string }
  | { readonly kind: 'failed'; readonly address: Address; readonly error: Error };

/** Must return at once and never throw. */
export type DialObserver = (event: DialEvent) => void;

const nobody: DialObserver = () => {};

/** The machine's resolver. */
export const systemResolve: Resolve = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map((entry) => entry.address);
};

/**
 * The address of `host` that the policy allows. It is resolved once, here, and callers connect to this very address:
 * a name that changes its mind between check and use (DNS rebinding) gains nothing.
 * Throws FatalError `address-not-allowed`, RecoverableError `unreachable`, or the signal's reason.
 */
export async function resolveAllowed(
  filter: AddressFilter,
  resolve: Resolve,
  address: Address,
  signal: AbortSignal,
  observe: DialObserver = nobody,
): Promise<string> {
  const ips = isIP(address.host) === 0 ? await resolved(resolve, address, signal, observe) : [address.host];
  observe({ kind: 'resolved', address, ips });
  await filter.settle(signal);
  const ip = ips.find((candidate) => filter.allows(address.host, candidate, address.port));
  if (ip === undefined) observe({ kind: 'refused', address, ips });
  return ip ?? refuseAddress(address, ips);
}

async function resolved(
  resolve: Resolve,
  address: Address,
  signal: AbortSignal,
  observe: DialObserver,
): Promise<readonly string[]> {
  const { host } = address;
  try {
    return await untilAborted(resolve(host), signal);
  } catch (thrown) {
    signal.throwIfAborted();
    observe({ kind: 'failed', address, error: toError(thrown) });
    throw new RecoverableError('unreachable', `the name ${host} does not resolve`, { cause: toError(thrown) });
  }
}

/** Opens a TCP socket to a checked address. Throws as `TcpPort.connect` does. */
export async function dial(
  ip: string,
  address: Address,
  signal: AbortSignal,
  observe: DialObserver = nobody,
): Promise<Socket> {
  signal.throwIfAborted();
  observe({ kind: 'dialling', address, ip });
  const socket = netConnect({ host: ip, port: address.port, noDelay: true });
  try {
    await untilAborted(connected(socket), signal);
    observe({ kind: 'connected', address, ip });
    return socket;
  } catch (thrown) {
    socket.destroy();
    signal.throwIfAborted();
    observe({ kind: 'failed', address, error: toError(thrown) });
    throw networkError(thrown, `cannot connect to ${address.host} port ${address.port}`);
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    // The error listener stays: a socket may fail between here and its next owner, and must not take the process down.
    socket.on('error', reject);
    socket.once('connect', resolve);
  });
}

/** `work`, or the signal's reason as soon as it aborts; late results are dropped. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

const networkCodes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection-refused',
  EHOSTUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'timeout',
};

/** An error of the operating system as ours, by its code; what has no name of its own is a lost connection. */
export function networkError(thrown: unknown, what: string): RecoverableError {
  const error = toError(thrown);
  const systemCode = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return new RecoverableError(networkCodes[systemCode] ?? 'connection-lost', `${what}: ${error.message}`, {
    cause: error,
  });
}
