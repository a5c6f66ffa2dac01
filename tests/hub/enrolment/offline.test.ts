import { createHash, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEnrolment, type Enrolment } from '../../../hub/enrolment/index.ts';
import type { EnrolRequest } from '../../../protocols/fleet/enrolment.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { openAuthority, type PeerIdentity } from '../../../provisioning/authority/index.ts';
import { certificateRequest, newKeyPem } from '../../../provisioning/enrolment/key-pair.ts';
import { parseVoucherCode } from '../../../provisioning/enrolment/voucher-code.ts';
import { readVoucherText } from '../../../provisioning/enrolment/voucher-text.ts';
import { createFakeClock } from '../../support/clock.ts';
import { createFleet, everything, type Fleet, someone } from '../../support/fleet.ts';
import { openTestStore, type TestStore } from '../../support/hub-store.ts';
import { temporaryFolder } from '../../support/store.ts';

const clock = createFakeClock(Date.now());
const folder = temporaryFolder();
const entries: { action: string; detail: Readonly<Record<string, unknown>>; reason?: string }[] = [];
let opened: TestStore;
let fleet: Fleet;
let enrolment: Enrolment;

beforeAll(async () => {
  opened = await openTestStore(clock);
  fleet = await createFleet(opened.store, { clock });
  enrolment = createEnrolment({
    ...fleet,
    authority: await openAuthority({ folder: folder.path, clock }),
    urls: { mqttUrl: 'mqtts://hub.example:8883', gatewayUrl: 'https://hub.example:8443' },
    audit: { append: async (entry) => entries.push(entry) },
    log: silentLog,
  });
}, 60_000);
afterAll(async () => {
  await fleet.registry[Symbol.asyncDispose]();
  await fleet.organisation[Symbol.asyncDispose]();
  await opened[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const issue = (hours = 24) => enrolment.createVoucher(everything, someone, { unit: fleet.school.id, hours });
let machines = 0;
const machine = (serial = `PF2OFF${++machines}`) => ({ boardSerial: serial, macs: [], diskSerials: [] });
const requestOf = async (code: string, keyPem: string, fingerprint = machine()): Promise<EnrolRequest> => ({
  voucher: parseVoucherCode(code).secret,
  csr: await certificateRequest(keyPem, 'mini'),
  fingerprint,
  agentVersion: '1',
  hostname: 'may-phong-7',
  hostFamily: 'mini-pc',
});
const conflictsOf = async (agentId: string) =>
  (await enrolment.listConflicts(everything, { state: 'open', limit: 100 })).rows.filter(
    ({ agent }) => agent.id === agentId,
  );
const listed = async (state: 'late' | 'expired' | 'open', id: string) =>
  (await enrolment.listVouchers(everything, { state, limit: 100 })).rows.find((row) => row.id === id);

describe('a voucher that is redeemed later', () => {
  it('is signed: it says its school, its end and its hub without asking anybody', async () => {
    const { code, token, expiresAt } = await issue();
    expect(readVoucherText(token)).toMatchObject({
      code,
      hubUrl: 'https://hub.example:8443',
      claims: { school: fleet.school.name, expiresAt: new Date(Math.floor(Date.parse(expiresAt) / 1_000) * 1_000) },
    });
  });

  it('gives the same key the same agent again: the first answer may never have arrived', async () => {
    const { code } = await issue();
    const [keyPem, fingerprint] = [newKeyPem(), machine()];
    const request = await requestOf(code, keyPem, fingerprint);
    const first = await enrolment.enrol(request, '10.0.0.1');
    expect(fleet.registry.deviceOf(first.hostDevice ?? '')).toMatchObject({ family: 'mini-pc' });
    const again = await enrolment.enrol(await requestOf(code, keyPem, fingerprint), '10.0.0.1');
    expect(again).toMatchObject({ agentId: first.agentId, name: first.name, hostDevice: first.hostDevice });
    expect(again.certificate).not.toBe(first.certificate);
    expect(fleet.registry.devicesOfAgent(first.agentId)).toHaveLength(1);
    // Of two answers on their way the agent may keep either.
    for (const { certificate } of [first, again]) {
      const fingerprint = createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
      const identity = { agentId: first.agentId, fingerprint };
      expect(await enrolment.credentials.check(identity as PeerIdentity)).toEqual({ ok: true });
    }
    // Another key of the same machine: the voucher is used, and nobody is suspected.
    await expect(enrolment.enrol(await requestOf(code, newKeyPem(), fingerprint), '10.0.0.1')).rejects.toMatchObject({
      code: 'voucher-used',
    });
    expect(await conflictsOf(first.agentId)).toEqual([]);
  });

  it('is refused to another machine, also with the key, and a person sees that', async () => {
    const { code } = await issue();
    const keyPem = newKeyPem();
    const { agentId } = await enrolment.enrol(await requestOf(code, keyPem), '10.0.0.2');
    for (const key of [newKeyPem(), keyPem])
      await expect(enrolment.enrol(await requestOf(code, key, machine('PF2THIEF')), '10.0.0.9')).rejects.toMatchObject({
        code: 'voucher-used',
      });
    const [conflict] = await conflictsOf(agentId);
    expect(conflict).toMatchObject({
      kind: 'voucher-reused',
      times: 2,
      seen: { boardSerial: 'PF2THIEF' },
      addresses: ['10.0.0.9'],
    });
    const resolve = (decision: 'accept' | 'dismiss') =>
      enrolment.resolveConflict(everything, someone, conflict?.id ?? '', { decision, reason: 'đã hỏi trường' });
    await expect(resolve('accept')).rejects.toMatchObject({ code: 'conflict' });
    await resolve('dismiss');
    expect(await conflictsOf(agentId)).toEqual([]);
    // A revoked agent does not come back by the voucher that it once had.
    await enrolment.setAccess(everything, someone, agentId, 'revoked', 'mất máy');
    await expect(enrolment.enrol(await requestOf(code, keyPem), '10.0.0.3')).rejects.toMatchObject({
      code: 'voucher-used',
    });
  });

  it('is refused after its end, and lets the machine in once a person gives it more time', async () => {
    const { id, code } = await issue(1);
    await clock.advance(3_600_000);
    expect(await listed('expired', id)).toBeDefined();
    const request = await requestOf(code, newKeyPem());
    for (let times = 1; times <= 2; times++) {
      await expect(enrolment.enrol(request, '10.0.0.4')).rejects.toMatchObject({ code: 'voucher-expired' });
      expect(await listed('late', id)).toMatchObject({ late: { times, hostname: 'may-phong-7', address: '10.0.0.4' } });
    }
    expect(await listed('expired', id)).toBeUndefined();
    const extend = (...vouchers: string[]) =>
      enrolment.extendVouchers(everything, someone, { vouchers, hours: 24, reason: 'trường chưa có mạng' });
    await expect(extend(id, 'nowhere')).rejects.toMatchObject({ code: 'not-found' });
    await expect(
      enrolment.extendVouchers({ paths: ['/9/'] }, someone, { vouchers: [id], hours: 1, reason: 'của ai' }),
    ).rejects.toMatchObject({ code: 'not-found' });
    expect(await extend(id)).toEqual({ extended: [id], expiresAt: new Date(clock.now() + 86_400_000).toISOString() });
    expect(entries.at(-1)).toMatchObject({ action: 'voucher.extend', reason: 'trường chưa có mạng' });
    expect(await listed('open', id)).not.toHaveProperty('late');
    await enrolment.enrol(request, '10.0.0.4');
    await expect(extend(id)).rejects.toMatchObject({ code: 'conflict' });
    const withdrawn = await issue();
    await enrolment.revokeVouchers(everything, someone, { vouchers: [withdrawn.id] });
    await expect(extend(withdrawn.id)).rejects.toMatchObject({ code: 'conflict' });
  });
});
