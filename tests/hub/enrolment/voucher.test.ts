import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Actor, Scope } from '../../../hub/access/index.ts';
import { createEnrolment } from '../../../hub/enrolment/index.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { openAuthority } from '../../../provisioning/authority/index.ts';
import { formatVoucherCode, parseVoucherCode } from '../../../provisioning/enrolment/voucher-code.ts';
import { readVoucherText } from '../../../provisioning/enrolment/voucher-text.ts';
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
      organisation: {
        pathOf: () => unit.path,
        isClosed: () => false,
        refOf: () => ({ id: unit.id, name: 'Tỉnh', kind: 'province' }),
      },
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
    return { store, unit, enrolment, code, enrol: (address: string) => enrolment.enrol(body, address) };
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

  it('is listed in each of its states, without its code', async () => {
    const { enrolment, enrol, unit } = await build();
    const before = await enrolment.listVouchers(whole, { limit: 10 });
    expect(before.rows).toMatchObject([{ state: 'open', createdBy: 'Someone', unit: { name: 'Tỉnh' } }]);
    await enrol('10.0.0.1');
    const batch = await enrolment.createVoucherBatch(whole, actor, { unit: unit.id, label: 'T9', count: 3, hours: 1 });
    const [first] = batch.vouchers;
    await enrolment.revokeVouchers(whole, actor, { vouchers: [first?.id ?? ''] });
    const states = async (state?: 'open' | 'used' | 'expired' | 'revoked') => {
      const { rows, total } = await enrolment.listVouchers(whole, { limit: 10, ...(state ? { state } : {}) });
      expect(total).toBe(rows.length);
      for (const row of rows) if (state) expect(row.state).toBe(state);
      return rows.length;
    };
    expect([await states(), await states('open'), await states('used'), await states('revoked')]).toEqual([4, 2, 1, 1]);
    expect(await states('expired')).toBe(0);
    const [used] = (await enrolment.listVouchers(whole, { limit: 10, state: 'used' })).rows;
    expect(used?.agent?.id).toMatch(/^ag-/);
    const page = await enrolment.listVouchers(whole, { limit: 3 });
    const rest = await enrolment.listVouchers(whole, { limit: 3, cursor: page.next });
    expect(new Set([...page.rows, ...rest.rows].map(({ id }) => id)).size).toBe(4);
    expect(JSON.stringify([page, rest])).not.toContain('EF1-');
    expect((await enrolment.listVouchers({ paths: [] }, { limit: 3 })).rows).toEqual([]);
  });

  it('is withdrawn with all others that are named, or none is', async () => {
    const { enrolment, enrol, unit } = await build();
    await enrol('10.0.0.1');
    const [used] = (await enrolment.listVouchers(whole, { limit: 1 })).rows;
    const { vouchers } = await enrolment.createVoucherBatch(whole, actor, {
      unit: unit.id,
      label: 'T9',
      count: 2,
      hours: 1,
    });
    const ids = vouchers.map(({ id }) => id);
    const revoke = (named: readonly string[]) => enrolment.revokeVouchers(whole, actor, { vouchers: [...named] });
    await expect(revoke([...ids, used?.id ?? ''])).rejects.toMatchObject({ code: 'conflict' });
    await expect(revoke([...ids, 'nowhere'])).rejects.toMatchObject({ code: 'not-found' });
    expect((await enrolment.listVouchers(whole, { limit: 9, state: 'open' })).total).toBe(2);
    expect(await revoke([...ids, ...ids])).toEqual({ revoked: ids });
    await expect(revoke(ids)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is printed for whoever has its code, as long as it is open and theirs', async () => {
    const { unit, enrolment, enrol, code } = await build();
    const print = (scope: Scope, ...codes: string[]) =>
      enrolment.vouchersToPrint(scope, actor, { layout: 'sheet', codes });
    const typed = code.toLowerCase().replaceAll('-', ' ');
    const [voucher, ...others] = await print(whole, typed, code);
    expect(others).toEqual([]);
    expect(voucher).toMatchObject({ code, school: 'Tỉnh', hubUrl: 'https://hub:2' });
    expect(readVoucherText(voucher?.scan ?? '')).toEqual({ code, hubUrl: 'https://hub:2' });
    const { secret, rootPrefix } = parseVoucherCode(code);
    const foreignRoot = formatVoucherCode(secret, 'f'.repeat(64));
    const unknown = formatVoucherCode('0'.repeat(32), rootPrefix.padEnd(64, '0'));
    for (const other of [foreignRoot, unknown])
      await expect(print(whole, code, other)).rejects.toMatchObject({ code: 'not-found' });
    await expect(print({ paths: [`${unit.path}9/`] }, code)).rejects.toMatchObject({ code: 'not-found' });
    await expect(print(whole, `${code.slice(0, -1)}!`)).rejects.toMatchObject({ code: 'invalid-input' });
    await enrol('10.0.0.1');
    await expect(print(whole, code)).rejects.toMatchObject({ code: 'conflict' });
  });
});
