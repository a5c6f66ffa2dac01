import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OrderStore } from '../../../agent/deployments/order-store.ts';
import type { OrderEnvelope } from '../../../protocols/fleet/messages.ts';
import { policyKeyStatement } from '../../../protocols/fleet/policy/statement.ts';
import type { Order } from '../../../protocols/fleet/rollout/order.ts';
import { signedOrderBytes } from '../../../protocols/fleet/rollout/statement.ts';
import { openAuthority } from '../../../provisioning/authority/index.ts';
import { createFakeClock } from '../../support/clock.ts';
import { temporaryFolder } from '../../support/store.ts';

const clock = createFakeClock();
const folders = temporaryFolder();

async function createHub(name: string) {
  const authority = await openAuthority({ folder: join(folders.path, name), clock });
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const statement = Buffer.from(await authority.signVoucher(policyKeyStatement(spki))).toString('base64url');
  const signer = { key: spki.toString('base64url'), authority: authority.deviceCaPem, statement };
  const envelope = (over: Partial<Order> = {}, key: KeyObject = privateKey): OrderEnvelope => {
    const now = Math.round(clock.now());
    const times = { issuedAt: now, expiresAt: now + 86_400_000 };
    const order = JSON.stringify({ v: 1, agentId: 'ag-1', orderSeq: 1, ...times, executions: [], ...over });
    return { order, signature: sign(null, signedOrderBytes(order), key).toString('base64url'), signer };
  };
  return { rootPem: authority.rootPem, envelope };
}

let hub: Awaited<ReturnType<typeof createHub>>;
let stranger: Awaited<ReturnType<typeof createHub>>;
let folder = '';
let count = 0;

beforeAll(async () => {
  hub = await createHub('hub');
  stranger = await createHub('stranger');
  return () => folders[Symbol.dispose]();
});
beforeEach(() => {
  folder = join(folders.path, `agent-${++count}`);
});

const open = () => OrderStore.open(folder, { agentId: 'ag-1', rootPem: hub.rootPem });

describe('orders', () => {
  it('are taken from this hub, for this agent, in time, and only forwards', async () => {
    const { store } = await open();
    await store.keep(hub.envelope({ orderSeq: 5 }), clock.now());
    const changed = hub.envelope({ orderSeq: 6 });
    const { signer: _signer, ...unsigned } = changed;
    const other = generateKeyPairSync('ed25519').privateKey;
    const refused: readonly (readonly [OrderEnvelope, string])[] = [
      [hub.envelope({ orderSeq: 5 }), 'order-replayed'],
      [hub.envelope({ orderSeq: 4 }), 'order-outdated'],
      [hub.envelope({ orderSeq: 7, expiresAt: clock.now() }), 'order-expired'],
      [hub.envelope({ orderSeq: 7, agentId: 'ag-2' }), 'order-foreign'],
      [stranger.envelope({ orderSeq: 7 }), 'order-untrusted'],
      [hub.envelope({ orderSeq: 7 }, other), 'order-untrusted'],
      [{ ...changed, order: changed.order.replace('"orderSeq":6', '"orderSeq":8') }, 'order-untrusted'],
      [unsigned, 'order-untrusted'],
      [hub.envelope({ orderSeq: 7, v: 2 as 1 }), 'order-unreadable'],
    ];
    for (const [envelope, code] of refused)
      await expect(store.keep(envelope, clock.now())).rejects.toMatchObject({ code });
    expect(store.orderSeq).toBe(5);
    await store.keep(changed, clock.now());
    expect(store.orderSeq).toBe(6);
  });

  it('survive a restart, with the memory of their number; a changed file is not acted on', async () => {
    const { store } = await open();
    await store.keep(hub.envelope({ orderSeq: 3 }), clock.now());
    const again = await open();
    expect(again.store.current).toEqual(store.current);
    await expect(again.store.keep(hub.envelope({ orderSeq: 3 }), clock.now())).rejects.toMatchObject({
      code: 'order-replayed',
    });
    const file = join(folder, 'deployments/order.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('ag-1', 'ag-9'));
    const damaged = await open();
    expect(damaged.store.current).toBeUndefined();
    expect(damaged.fault).toMatch(/not the hub's/);
  });
});
