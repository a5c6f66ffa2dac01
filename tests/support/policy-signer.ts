import { generateKeyPairSync } from 'node:crypto';
import type { OrderEnvelope } from '../../protocols/fleet/messages.ts';
import type { PolicyBundle, PolicyEnvelope } from '../../protocols/fleet/policy/bundle.ts';
import type { Order } from '../../protocols/fleet/rollout/order.ts';
import type { Clock } from '../../protocols/ports.ts';
import { openAuthority } from '../../provisioning/authority/index.ts';
import { createPolicySigner } from '../../provisioning/policy/signature.ts';

/** A hub's authority in a folder of its own, and what it signs. */
export interface TestSigner {
  readonly rootPem: string;
  envelope(bundle: PolicyBundle): PolicyEnvelope;
  order(order: Order): OrderEnvelope;
}

export async function createTestSigner(folder: string, clock: Clock): Promise<TestSigner> {
  const authority = await openAuthority({ folder, clock });
  const keyPem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const signer = await createPolicySigner(keyPem, {
    deviceCaPem: authority.deviceCaPem,
    signStatement: (statement) => authority.signVoucher(statement),
  });
  return {
    rootPem: authority.rootPem,
    envelope: (bundle) => signer.sign(JSON.stringify(bundle)),
    order: (order) => signer.signOrder(JSON.stringify(order)),
  };
}
