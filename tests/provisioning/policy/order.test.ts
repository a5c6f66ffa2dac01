import { describe, expect, it } from 'vitest';
import type { Order } from '../../../protocols/fleet/rollout/order.ts';
import { openOrder } from '../../../provisioning/policy/signature.ts';
import { createFakeClock } from '../../support/clock.ts';
import { createTestSigner } from '../../support/policy-signer.ts';
import { temporaryFolder } from '../../support/store.ts';

const order: Order = { v: 1, agentId: 'a-1', orderSeq: 7, issuedAt: 1, expiresAt: 2, executions: [] };

describe('an order of deployments', () => {
  it('is taken from the hub that the machine was enrolled with, whole, and by the agent that it names', async () => {
    using folder = temporaryFolder();
    using elsewhere = temporaryFolder();
    const clock = createFakeClock();
    const signer = await createTestSigner(folder.path, clock);
    const stranger = await createTestSigner(elsewhere.path, clock);
    const envelope = signer.order(order);

    expect(openOrder(envelope, 'a-1', signer.rootPem)).toEqual(order);
    const refuses = (changed: typeof envelope, code: string, agent = 'a-1', root = signer.rootPem) =>
      expect(() => openOrder(changed, agent, root)).toThrow(expect.objectContaining({ code }));
    refuses(envelope, 'order-foreign', 'a-2');
    refuses(envelope, 'order-untrusted', 'a-1', stranger.rootPem);
    refuses({ ...envelope, order: envelope.order.replace('7', '8') }, 'order-untrusted');
    refuses({ order: envelope.order, signature: envelope.signature }, 'order-untrusted');
    refuses(signer.order({ ...order, orderSeq: 0 }), 'order-unreadable');
  });

  it('is nothing that the key signed as a bundle of policies', async () => {
    using folder = temporaryFolder();
    const signer = await createTestSigner(folder.path, createFakeClock());
    const { policy, ...rest } = signer.envelope({
      agent: 'a-1',
      number: 1,
      issuedAt: 1,
      expiresAt: 2,
      graceDays: 0,
      calendars: [],
      schedules: [],
      rules: [],
    });
    expect(() => openOrder({ order: policy, ...rest }, 'a-1', signer.rootPem)).toThrow(
      expect.objectContaining({ code: 'order-untrusted' }),
    );
  });
});
