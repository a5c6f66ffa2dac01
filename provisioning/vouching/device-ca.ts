import { verify, X509Certificate } from 'node:crypto';
import { toError } from '../../protocols/errors.ts';

/** What vouches for a key or a document of the hub: its authority, which signs with its device CA. */
export interface Voucher {
  readonly deviceCaPem: string;
  /** ECDSA with SHA-256, as r and s of equal length (IEEE P1363). */
  signStatement(statement: Uint8Array): Promise<Uint8Array>;
}

export interface VouchedStatement {
  /** What is vouched for, with its own context in front, so that it can never be taken for another kind. */
  readonly said: Uint8Array;
  /** The device CA that signed, PEM. */
  readonly authority: string;
  readonly signature: Uint8Array;
}

/** Why the statement is not one of the authority under `rootPem`, the root that this agent was enrolled with; undefined when it is. */
export function vouchingFault({ said, authority, signature }: VouchedStatement, rootPem: string): string | undefined {
  let deviceCa: X509Certificate;
  try {
    deviceCa = new X509Certificate(authority);
  } catch (thrown) {
    return `its authority is no certificate: ${toError(thrown).message}`;
  }
  const root = new X509Certificate(rootPem);
  if (!deviceCa.ca || !deviceCa.checkIssued(root) || !deviceCa.verify(root.publicKey))
    return 'the root that this machine was enrolled with does not know the authority behind it';
  const isVouched = verify('sha256', said, { key: deviceCa.publicKey, dsaEncoding: 'ieee-p1363' }, signature);
  return isVouched ? undefined : 'the authority does not vouch for it';
}
