import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  isEnrolled,
  loadIdentity,
  readHubHosts,
  storeIdentity,
  storeRenewal,
  validityOf,
} from '../../agent/identity.ts';
import type { Enrolled } from '../../provisioning/enrolment/enrol.ts';
import { certificateRequest, newKeyPem } from '../../provisioning/enrolment/key-pair.ts';
import { createTestAuthority } from '../support/test-authority.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'identity-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function enrolledAs(agentId: string): Promise<Enrolled> {
  const authority = await createTestAuthority();
  const keyPem = newKeyPem();
  return {
    agentId,
    name: 'Máy chủ phòng 7',
    hub: { mqttUrl: 'mqtts://hub.test:8883', gatewayUrl: 'https://hub.test:8443' },
    certificate: await authority.signAgent(await certificateRequest(keyPem, agentId), agentId),
    chain: [authority.intermediate, authority.root],
    keyPem,
  };
}

describe('the identity of an agent', () => {
  it('says where its hub stands, and nothing before there is one', async () => {
    expect(readHubHosts(folder)).toEqual([]);
    await storeIdentity(folder, await enrolledAs('agent-1'));
    expect(readHubHosts(folder)).toEqual(['hub.test', 'hub.test']);
  });

  it('comes back as it was stored, for its owner alone', async () => {
    const enrolled = await enrolledAs('agent-1');
    expect(await isEnrolled(folder)).toBe(false);
    await storeIdentity(folder, enrolled);
    expect(await isEnrolled(folder)).toBe(true);
    const { keyPem, certificatePem, chainPems, ...facts } = await loadIdentity(folder);
    expect(facts).toEqual({ agentId: 'agent-1', name: enrolled.name, hub: enrolled.hub });
    expect(keyPem).toBe(enrolled.keyPem);
    expect(certificatePem.trim()).toBe(enrolled.certificate.trim());
    expect(chainPems).toHaveLength(2);
    const names = readdirSync(join(folder, 'identity')).sort();
    expect(names).toEqual(['agent.json', 'ca.pem', 'cert.pem', 'key.pem']);
    for (const name of names) expect(statSync(join(folder, 'identity', name)).mode & 0o777, name).toBe(0o600);
  });

  it('is told to be missing, with what to do', async () => {
    await expect(loadIdentity(folder)).rejects.toMatchObject({
      code: 'not-enrolled',
      message: expect.stringContaining('enrol'),
    });
  });

  it.each(['key.pem', 'cert.pem', 'ca.pem', 'agent.json'])('is broken when %s is damaged', async (name) => {
    await storeIdentity(folder, await enrolledAs('agent-1'));
    writeFileSync(join(folder, 'identity', name), 'nonsense');
    await expect(loadIdentity(folder)).rejects.toMatchObject({ code: 'identity-broken' });
    rmSync(join(folder, 'identity', name));
    const code = name === 'agent.json' ? 'not-enrolled' : 'identity-broken';
    await expect(loadIdentity(folder)).rejects.toMatchObject({ code });
  });

  it('is broken when the key belongs to somebody else', async () => {
    await storeIdentity(folder, await enrolledAs('agent-1'));
    writeFileSync(join(folder, 'identity', 'key.pem'), newKeyPem());
    await expect(loadIdentity(folder)).rejects.toMatchObject({ code: 'identity-broken' });
  });

  it('takes a renewed certificate and keeps the key', async () => {
    const first = await enrolledAs('agent-1');
    await storeIdentity(folder, first);
    const authority = await createTestAuthority();
    const at = Date.UTC(2030, 0, 1);
    const csr = await certificateRequest(first.keyPem, 'agent-1');
    const certificate = await authority.signAgent(csr, 'agent-1', { at, validMs: 1_000_000 });
    await storeRenewal(folder, { certificate, chain: [authority.root] });
    const renewed = await loadIdentity(folder);
    expect(validityOf(renewed)).toEqual({ notBeforeMs: at, notAfterMs: at + 1_000_000 });
    expect(renewed.keyPem).toBe(readFileSync(join(folder, 'identity', 'key.pem'), 'utf8'));
    expect(renewed.chainPems).toHaveLength(1);
  });
});
