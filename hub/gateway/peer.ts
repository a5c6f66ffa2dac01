import { TLSSocket } from 'node:tls';
import { identityOf, type PeerIdentity } from '../../provisioning/authority/index.ts';
import { CertificateError } from './error.ts';

/** The identity in a client certificate, and whether that certificate has run out. */
export interface Peer {
  readonly identity: PeerIdentity;
  readonly expired: boolean;
}

/**
 * Who is on the other end of a request. The listener asks for a certificate but does not demand one, so everything is
 * checked here: a certificate in hand, on a handshake of its own (a resumed TLS 1.3 session can be `authorized` with an
 * empty peer certificate), verified against our authority, naming an agent. Throws CertificateError.
 */
export function requirePeer(socket: unknown): Peer {
  if (!(socket instanceof TLSSocket)) throw new CertificateError('certificate-required', 'Use TLS.');
  const certificate = socket.isSessionReused() ? undefined : socket.getPeerX509Certificate();
  if (!certificate)
    throw new CertificateError('certificate-required', 'Show the certificate that the hub gave this agent.');
  // Node checks every other thing before the dates matter only for a certificate that has run out; its exact bytes must
  // then be in our database, which no other check could make stronger.
  const expired = !socket.authorized && String(socket.authorizationError) === 'CERT_HAS_EXPIRED';
  if (!socket.authorized && !expired)
    throw new CertificateError('credential-refused', 'This certificate was not issued by this hub.');
  const identity = identityOf(certificate);
  if (!identity) throw new CertificateError('credential-refused', 'This certificate names no agent.');
  return { identity, expired };
}
