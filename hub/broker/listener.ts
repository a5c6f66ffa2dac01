import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { toError } from '../../protocols/errors.ts';
import type { Log } from '../../protocols/ports.ts';
import { Rejection } from './error.ts';
import type { Journal } from './journal.ts';
import type { BrokerLimits } from './settings.ts';
import { createStrangers } from './strangers.ts';

/** Keys of the listener: its own chain, and what client certificates are checked against. */
export interface BrokerTls {
  readonly keyPem: string;
  readonly chainPem: string;
  readonly clientTrustPems: readonly string[];
}

export interface ListenerDeps {
  readonly tls: BrokerTls;
  readonly limits: BrokerLimits;
  readonly journal: Journal;
  readonly log: Log;
  /** Takes a socket whose certificate our authority signed. */
  readonly accept: (socket: TLSSocket) => void;
}

export interface Listener extends AsyncDisposable {
  listen(port: number, host: string): Promise<number>;
  /** A socket became an agent's session: it no longer counts as a stranger. */
  known(socket: Socket): void;
  /** Takes new certificates for connections to come. */
  replaceTls(tls: BrokerTls): void;
}

/**
 * TLS with a client certificate, and bounds before it: strangers are counted by address and in all, so that nobody
 * can take every place by knocking only.
 */
export function createListener({ tls, limits, journal, log, accept }: ListenerDeps): Listener {
  const server = createServer(
    {
      ...contextOf(tls),
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: limits.handshakeTimeoutMs,
    },
    (socket) => {
      socket.setNoDelay(true);
      accept(socket);
    },
  );
  server.maxConnections = limits.maxConnections + limits.strangers;
  const strangers = createStrangers(limits);
  const sockets = new Set<Socket>();

  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? 'unknown';
    socket.on('error', (error) => log.debug('socket failed', { address, error }));
    if (!strangers.enter(socket, address)) {
      journal.rejected(new Rejection('too-many-connections', 'too many connections that are not yet known'), {
        address,
      });
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      strangers.leave(socket);
    });
  });
  server.on('tlsClientError', (error, socket) => {
    const rejection = tlsRejection(error, socket);
    journal.rejected(rejection, { address: addressOf(socket) });
    // Node itself leaves a socket open whose handshake ran out of time.
    socket.destroy();
  });
  server.on('drop', (facts) => {
    journal.rejected(new Rejection('too-many-connections', 'the hub has no free place'), {
      address: facts?.remoteAddress ?? 'unknown',
    });
  });
  server.on('error', (error) => log.error('broker listener failed', { error }));

  return {
    listen: (port, host) => listen(server, port, host),
    known: (socket) => strangers.leaveByAddress(socket),
    replaceTls: (next) => server.setSecureContext(contextOf(next)),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function contextOf(tls: BrokerTls) {
  return { key: tls.keyPem, cert: tls.chainPem, ca: [...tls.clientTrustPems], minVersion: 'TLSv1.2' as const };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: 4096 }, () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function addressOf(socket: TLSSocket): string {
  return socket.remoteAddress ?? 'unknown';
}

/**
 * Node tells a refused certificate as a mere reset; the real reason stands on the socket. A reset without one is
 * somebody who left, e.g. a port check.
 */
function tlsRejection(error: Error, socket: TLSSocket): Rejection {
  const reason: unknown = socket.authorizationError;
  if (reason) return new Rejection('tls-rejected', `the client certificate was refused: ${String(reason)}`);
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNRESET') return new Rejection('connection-lost', 'closed during the handshake');
  return new Rejection('tls-rejected', `the handshake failed: ${toError(error).message.trim().slice(0, 200)}`);
}
