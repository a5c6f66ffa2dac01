import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Actor, Scope } from '../../../hub/access/index.ts';
import { createEnrolment } from '../../../hub/enrolment/index.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { openAuthority } from '../../../provisioning/authority/index.ts';
import { parseVoucherCode } from '../../../provisioning/enrolment/voucher-code.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';
import { createRequest } from '../../support/certificate-request.ts';
import { seedAgent, seedUnit } from '../../support/hub-store.ts';
import { describeStores } from '../../support/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'edufleet-voucher-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const whole: Scope = { paths: ['/'] };
const actor: Actor = { id: 'user-1', name: 'Someone', scopeFor: () => whole };

describeStores('a voucher', (open) => {
  const build = async (addAgent?: () => Promise<void>) => {
    const store = await open();
    const unit = await seedUnit(store, { kind: 'province', name: 'Tỉnh' });
    const enrolment = createEnrolment({
      store,
      authority: await openAuthority({ folder, clock: systemClock }),
      organisation: { pathOf: () => unit.path, refOf: () => ({ id: unit.id, name: 'Tỉnh', kind: 'province' }) },
      registry: {
        agentOf: () => undefined,
        refresh: async () => {},
        addAgent: async (trx, agent) => {
          await addAgent?.();
          await seedAgent({ ...store, db: trx }, agent.id, agent.unitId);
        },
      },
      audit: { append: async () => {} },
      urls: { mqttUrl: 'mqtts://hub:1', gatewayUrl: 'https://hub:2' },
      clock: systemClock,
      log: silentLog,
    });
    const { code } = await enrolment.createVoucher(whole, actor, { unit: unit.id, hours: 1 });
    const { pem } = await createRequest({});
    const body = {
      voucher: parseVoucherCode(code).secret,
      csr: pem,
      fingerprint: { macs: [], diskSerials: [] },
      agentVersion: '1',
      hostname: 'mini',
      hostFamily: 'machine',
    };
    return { store, enrol: (address: string) => enrolment.enrol(body, address) };
  };

  it('enrols one machine, however many race for it at once', async () => {
    const { store, enrol } = await build();
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => enrol(`10.0.0.${index}`)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'voucher-used' });
    expect(await store.db.selectFrom('agent').select('id').execute()).toHaveLength(1);
    expect(await store.db.selectFrom('credential').select('agent_id').execute()).toHaveLength(1);
  });

  it('is not consumed when anything after it fails', async () => {
    let fails = true;
    const { store, enrol } = await build(async () => {
      if (fails) throw new Error('no room for another agent');
    });
    await expect(enrol('10.0.0.1')).rejects.toThrow('no room');
    expect(await store.db.selectFrom('agent').select('id').execute()).toEqual([]);
    fails = false;
    await expect(enrol('10.0.0.1')).resolves.toMatchObject({ name: 'mini' });
  });
});
