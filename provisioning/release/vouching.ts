import { z } from 'zod';
import { FatalError, toError } from '../../protocols/errors.ts';
import { type Voucher, vouchingFault } from '../vouching/device-ca.ts';
import { parseRoot, requireSigned } from './metadata.ts';

const vouchedRootSchema = z.object({
  /** The text of a root's metadata. */
  root: z.string().max(524_288),
  /** The device CA, PEM. */
  authority: z.string().max(16_384),
  /** base64url of its signature. */
  statement: z.string().max(1_024),
});

/** File of the metadata folder for agents whose package brings no root of its own. */
export const vouchedRootFile = 'vouched-root.json';

/** The text of `vouched-root.json`: a root that the hub's device CA vouches for, so that an enrolled agent may start from it. */
export async function vouchForRoot(root: string, voucher: Voucher): Promise<string> {
  requireRoot(root);
  const statement = await voucher.signStatement(rootStatement(root));
  const value = { root, authority: voucher.deviceCaPem, statement: Buffer.from(statement).toString('base64url') };
  return `${JSON.stringify(value)}\n`;
}

/**
 * The root in it, once the authority under `rootPem` (the root that this agent was enrolled with) is proven to vouch for it.
 * Throws FatalError `release-root-untrusted`, and as `parseRoot` and `requireSigned` do.
 */
export function openVouchedRoot(text: string, rootPem: string): string {
  const { root, authority, statement } = readEnvelope(text);
  const signature = Buffer.from(statement, 'base64url');
  const fault = vouchingFault({ said: rootStatement(root), authority, signature }, rootPem);
  if (fault)
    throw new FatalError('release-root-untrusted', `the first root of releases is not taken from the hub: ${fault}`);
  requireRoot(root);
  return root;
}

function readEnvelope(text: string) {
  try {
    return vouchedRootSchema.parse(JSON.parse(text));
  } catch (thrown) {
    throw new FatalError('release-root-untrusted', `${vouchedRootFile} cannot be read: ${toError(thrown).message}`);
  }
}

function requireRoot(text: string): void {
  const root = parseRoot(text);
  requireSigned(root, 'root', root);
}

function rootStatement(root: string): Buffer {
  return Buffer.concat([Buffer.from('fleet-release-root-v1\0'), Buffer.from(root)]);
}
