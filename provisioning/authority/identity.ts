import { createHash, type X509Certificate } from 'node:crypto';
import { agentIdSchema } from '../../protocols/fleet/ids.ts';

const uriPrefix = 'urn:edufleet:agent:';

/** Who a client certificate says it is, and the hash by which the database knows it. */
export interface PeerIdentity {
  readonly agentId: string;
  /** SHA-256 of the certificate's DER, lower-case hex. */
  readonly fingerprint: string;
  readonly notAfterMs: number;
}

/** The URI in the subject alternative name of an agent's certificate. */
export function agentUri(agentId: string): string {
  return `${uriPrefix}${agentId}`;
}

/** SHA-256 of a certificate's DER, lower-case hex. */
export function fingerprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}

/**
 * Reads the identity of an agent's certificate; undefined when it carries none of ours: exactly one name, our URI, and
 * the same id as common name. It proves nothing by itself; the TLS layer and the database do.
 */
export function identityOf(certificate: X509Certificate): PeerIdentity | undefined {
  const names = certificate.subjectAltName ?? '';
  if (!names.startsWith(`URI:${uriPrefix}`)) return undefined;
  const agent = agentIdSchema.safeParse(names.slice(`URI:${uriPrefix}`.length));
  if (!agent.success || !certificate.subject.split('\n').includes(`CN=${agent.data}`)) return undefined;
  return {
    agentId: agent.data,
    fingerprint: fingerprintOf(certificate.raw),
    notAfterMs: certificate.validToDate.getTime(),
  };
}
