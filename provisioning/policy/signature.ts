import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { FatalError, toError } from '../../protocols/errors.ts';
import type { OrderEnvelope } from '../../protocols/fleet/messages.ts';
import {
  type PolicyBundle,
  type PolicyEnvelope,
  policyBundleSchema,
  type Signer,
} from '../../protocols/fleet/policy/bundle.ts';
import { policyKeyStatement, signedPolicyBytes } from '../../protocols/fleet/policy/statement.ts';
import { type Order, orderSchema } from '../../protocols/fleet/rollout/order.ts';
import { signedOrderBytes } from '../../protocols/fleet/rollout/statement.ts';
import { type Voucher, vouchingFault } from '../vouching/device-ca.ts';

/** Who signs bundles: a key of its own, vouched for by the authority that agents were enrolled under. */
export interface PolicySigner {
  sign(text: string): PolicyEnvelope;
}

/** The same key for orders of deployments; the context before the text keeps one from passing as the other. */
interface OrderSigner {
  signOrder(text: string): OrderEnvelope;
}

/** `keyPem` is PKCS#8 of an Ed25519 key. Throws what node:crypto throws for any other. */
export async function createPolicySigner(keyPem: string, voucher: Voucher): Promise<PolicySigner & OrderSigner> {
  const privateKey = createPrivateKey(keyPem);
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const statement = await voucher.signStatement(policyKeyStatement(spki));
  const signer = {
    key: spki.toString('base64url'),
    authority: voucher.deviceCaPem,
    statement: Buffer.from(statement).toString('base64url'),
  };
  return {
    sign: (text) => ({
      policy: text,
      signature: sign(null, signedPolicyBytes(text), privateKey).toString('base64url'),
      signer,
    }),
    signOrder: (text) => ({
      order: text,
      signature: sign(null, signedOrderBytes(text), privateKey).toString('base64url'),
      signer,
    }),
  };
}

/**
 * The bundle in an envelope, once everything is proven: the root that this agent was enrolled with issued the device CA, that
 * vouches for the key, and the key signed this text for this agent. A key that only proves the hub's name on a connection is
 * worth nothing here. Throws FatalError `policy-untrusted` | `policy-foreign` | `policy-unreadable`.
 */
export function openPolicy(envelope: PolicyEnvelope, agentId: string, rootPem: string): PolicyBundle {
  const { policy, signature, signer } = envelope;
  const key = trustedKey(signer, rootPem);
  if (!verify(null, signedPolicyBytes(policy), key, Buffer.from(signature, 'base64url')))
    throw untrusted('its text was changed, or somebody else signed it');
  const bundle = read(policy);
  if (bundle.agent !== agentId)
    throw new FatalError('policy-foreign', `the bundle is for the agent ${bundle.agent}; it is not taken`);
  return bundle;
}

/**
 * The order in an envelope, proven in the same way as a bundle. Whether it is newer than what the agent holds and has not run
 * out is the agent's to judge. Throws FatalError `order-untrusted` | `order-foreign` | `order-unreadable`.
 */
export function openOrder(envelope: OrderEnvelope, agentId: string, rootPem: string): Order {
  const { order: text, signature, signer } = envelope;
  if (!signer) throw new FatalError('order-untrusted', 'the order does not say who signed it; it is not taken');
  if (!isOrderOf(text, signature, signer, rootPem))
    throw new FatalError('order-untrusted', "the order is not the hub's: changed, or signed by somebody else");
  const order = readOrder(text);
  if (order.agentId !== agentId)
    throw new FatalError('order-foreign', `the order is for the agent ${order.agentId}; it is not taken`);
  return order;
}

function isOrderOf(text: string, signature: string, signer: Signer, rootPem: string): boolean {
  try {
    return verify(null, signedOrderBytes(text), trustedKey(signer, rootPem), Buffer.from(signature, 'base64url'));
  } catch (thrown) {
    throw new FatalError('order-untrusted', 'nobody whom this machine trusts vouches for who signed the order', {
      cause: toError(thrown),
    });
  }
}

function readOrder(text: string): Order {
  try {
    return orderSchema.parse(JSON.parse(text));
  } catch (thrown) {
    throw new FatalError('order-unreadable', 'the order has what this agent does not know; update the agent', {
      cause: toError(thrown),
    });
  }
}

function trustedKey(signer: Signer, rootPem: string) {
  requireTrust(signer, rootPem);
  return keyOf(signer.key);
}

function requireTrust({ key, authority, statement }: Signer, rootPem: string): void {
  const said = policyKeyStatement(Buffer.from(key, 'base64url'));
  const fault = vouchingFault({ said, authority, signature: Buffer.from(statement, 'base64url') }, rootPem);
  if (fault) throw untrusted(fault);
}

function keyOf(text: string) {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64url'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (thrown) {
    throw untrusted(`its key cannot be read: ${toError(thrown).message}`);
  }
  throw untrusted('its key is not of Ed25519');
}

function read(text: string): PolicyBundle {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FatalError('policy-unreadable', 'the bundle is no JSON', { cause: toError(cause) });
  }
  const parsed = policyBundleSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new FatalError(
    'policy-unreadable',
    `the bundle has what this agent does not know: ${issue?.path.map(String).join('.')}: ${issue?.message}; update the agent`,
  );
}

function untrusted(why: string): FatalError {
  return new FatalError('policy-untrusted', `the bundle is not the hub's: ${why}`);
}
