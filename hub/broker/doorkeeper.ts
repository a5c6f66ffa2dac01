import { TLSSocket } from 'node:tls';
import type { Client } from 'aedes';
import { FleetError, toError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import { identityOf, type PeerIdentity } from '../../provisioning/authority/index.ts';
import { shown } from './authorize.ts';
import type { Bans } from './bans.ts';
import { Rejection } from './error.ts';
import type { BrokerCredentials } from './ports.ts';
import type { BrokerLimits } from './settings.ts';

export interface DoorkeeperDeps {
  readonly credentials: BrokerCredentials;
  readonly bans: Bans;
  readonly limits: BrokerLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** The database could not be asked. */
  readonly deaf: () => void;
}

export interface Doorkeeper {
  /** Checks what CONNECT says before a session exists. Throws Rejection. */
  greet(packet: { readonly clientId: string; readonly clean?: boolean; readonly will?: unknown }): void;
  /** Who this client is, asked of certificate and database. Rejects with Rejection. */
  admit(client: Client): Promise<{ readonly identity: PeerIdentity; readonly socket: TLSSocket }>;
}

/** Decides on every CONNECT: certificate, id, ban, and the database's word on the certificate. */
export function createDoorkeeper({ credentials, bans, limits, clock, log, deaf }: DoorkeeperDeps): Doorkeeper {
  const ask = async (identity: PeerIdentity): Promise<void> => {
    using deadline = clock.deadline(limits.checkTimeoutMs);
    let verdict: Awaited<ReturnType<BrokerCredentials['check']>>;
    try {
      verdict = await Promise.race([credentials.check(identity), aborted(deadline.signal)]);
    } catch (thrown) {
      deaf();
      const error = toError(thrown);
      if (!(error instanceof FleetError))
        log.error('check of a certificate failed', { error, agent: identity.agentId });
      throw new Rejection('hub-unavailable', `the certificate could not be checked: ${error.message}`, 3);
    }
    if (!verdict.ok) throw new Rejection('credential-refused', verdict.message);
  };

  return {
    greet: ({ clientId, clean, will }) => {
      if (!clientId) throw new Rejection('client-id-mismatch', 'CONNECT has no client id', 2);
      if (will !== undefined)
        throw new Rejection('will-refused', 'presence is not told by a will; connect without one');
      if (clean === false)
        throw new Rejection('persistent-session', 'sessions are not kept; connect with clean session');
    },
    admit: async (client) => {
      const socket = client.conn;
      if (!(socket instanceof TLSSocket)) throw new Rejection('no-identity', 'the connection is not TLS');
      const identity = peerOf(socket);
      if (!identity) throw new Rejection('no-identity', 'the certificate names no agent');
      if (identity.notAfterMs < clock.now()) throw new Rejection('credential-refused', 'the certificate has run out');
      if (client.id !== identity.agentId)
        throw new Rejection(
          'client-id-mismatch',
          `client id ${shown(client.id)} with the certificate of ${identity.agentId}`,
          2,
        );
      if (bans.has(identity.agentId)) throw new Rejection('banned', 'it broke the contract a short while ago');
      await ask(identity);
      return { identity, socket };
    },
  };
}

/** Identity in the client certificate of a socket that TLS itself found good; undefined without one. */
export function peerOf(socket: TLSSocket): PeerIdentity | undefined {
  // A resumed session can be `authorized` with an empty peer certificate: only a certificate in hand counts.
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  return certificate ? identityOf(certificate) : undefined;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
