import { isIP, type Socket } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { FatalError, RecoverableError } from '../../protocols/errors.ts';
import { untilAborted } from './dial.ts';
import type { Address } from './network.ts';

/**
 * TLS as a client over `plain`, with the pinned certificate, or one that the machine trusts for this name.
 * Throws FatalError `certificate-mismatch` or `certificate-not-trusted` before any byte of ours has left inside it, and the signal's reason.
 */
export async function secured(
  plain: Socket,
  address: Address,
  pinned: string | undefined,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const socket = tlsConnect({
    socket: plain,
    // A pinned certificate is compared below, before anything is sent; authorities do not matter then.
    rejectUnauthorized: false,
    ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
  });
  await untilAborted(
    new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.once('secureConnect', resolve);
      socket.once('close', () => reject(new RecoverableError('connection-lost', 'closed during the TLS handshake')));
    }),
    signal,
  );
  const fingerprint = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase() ?? '';
  const details = { host: address.host, fingerprint };
  if (pinned !== undefined && pinned.toLowerCase() !== fingerprint) {
    throw new FatalError('certificate-mismatch', `${address.host} presents another certificate than the pinned one`, {
      details,
    });
  }
  if (pinned === undefined && !isTrusted(socket, address)) {
    throw new FatalError(
      'certificate-not-trusted',
      `the certificate of ${address.host} is signed by nobody that this machine trusts; pin it by its SHA-256`,
      { details },
    );
  }
  return socket;
}

/**
 * Takes exactly `expected` from the front of the stream: what a peer says in the clear before TLS.
 * Throws RecoverableError `unexpected-greeting` at the first other byte, `connection-lost`, or the signal's reason.
 */
export async function readGreeting(socket: Socket, expected: Uint8Array, signal: AbortSignal): Promise<void> {
  for (const byte of expected) {
    const got = await untilAborted(nextByte(socket), signal);
    if (got !== byte) {
      throw new RecoverableError('unexpected-greeting', 'the peer does not begin as a secured one does');
    }
  }
}

/** Byte by byte, so that nothing of the handshake is taken from it. */
function nextByte(socket: Socket): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const take = () => {
      const bytes = socket.read(1) as Buffer | null;
      if (bytes) finish(() => resolve(bytes[0]));
    };
    const end = () => finish(() => reject(closed));
    const closed = new RecoverableError('connection-lost', 'the peer closed the connection before its greeting');
    const finish = (settle: () => void) => {
      socket.off('readable', take).off('end', end).off('close', end);
      settle();
    };
    socket.on('readable', take).once('end', end).once('close', end);
    take();
  });
}

function isTrusted(socket: TLSSocket, address: Address): boolean {
  if (!socket.authorized) return false;
  const certificate = socket.getPeerX509Certificate();
  const match = isIP(address.host) === 0 ? certificate?.checkHost(address.host) : certificate?.checkIP(address.host);
  return match !== undefined;
}
