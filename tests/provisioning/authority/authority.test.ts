import 'reflect-metadata';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOf, openAuthority } from '../../../provisioning/authority/index.ts';
import { createRequest } from '../../support/certificate-request.ts';
import { createFakeClock } from '../../support/clock.ts';

const day = 24 * 3600 * 1000;

describe('authority', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edufleet-authority-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('signs an agent by its own rules, whatever the request asks for', async () => {
    const clock = createFakeClock(Date.UTC(2026, 2, 2));
    const authority = await openAuthority({ folder, clock });
    const request = await createRequest({ subject: 'CN=someone-else', dnsName: 'hub.example', authority: true });
    const issued = await authority.issueAgentCertificate('p7-board', request.pem);
    const certificate = new X509Certificate(issued.certificatePem);
    expect(certificate.subject).toBe('O=Edufleet\nCN=p7-board');
    expect(certificate.subjectAltName).toBe('URI:urn:edufleet:agent:p7-board');
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.validFromDate.getTime()).toBe(clock.now() - day);
    expect(certificate.validToDate.getTime()).toBe(clock.now() + 60 * day);
    expect(certificate.checkIssued(new X509Certificate(authority.deviceCaPem))).toBe(true);
    expect(certificate.verify(new X509Certificate(authority.deviceCaPem).publicKey)).toBe(true);
    expect(issued.fingerprint).toBe(createHash('sha256').update(certificate.raw).digest('hex'));
    expect(identityOf(certificate)).toEqual({
      agentId: 'p7-board',
      fingerprint: issued.fingerprint,
      notAfterMs: clock.now() + 60 * day,
    });
  });

  it('builds root, device CA and server so that each is signed by the one above', async () => {
    const authority = await openAuthority({ folder, clock: createFakeClock(Date.now()) });
    const root = new X509Certificate(authority.rootPem);
    const deviceCa = new X509Certificate(authority.deviceCaPem);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(deviceCa.verify(root.publicKey)).toBe(true);
    expect([root.ca, deviceCa.ca]).toEqual([true, true]);
    expect(authority.rootFingerprint).toBe(createHash('sha256').update(root.raw).digest('hex'));
    const server = await authority.serverIdentity(['localhost', '127.0.0.1', 'hub.school.example']);
    const chain = server.chainPem.match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    expect(chain.map((pem) => new X509Certificate(pem).subject)).toEqual([
      'O=Edufleet\nCN=localhost',
      'O=Edufleet\nCN=Edufleet Device CA',
      'O=Edufleet\nCN=Edufleet Root CA',
    ]);
    const leaf = new X509Certificate(chain[0] ?? '');
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.checkHost('hub.school.example')).toBe('hub.school.example');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(identityOf(leaf)).toBeUndefined();
  });

  it('keeps keys for the owner alone, and opens again as the same authority', async () => {
    const clock = createFakeClock(Date.now());
    const first = await openAuthority({ folder, clock });
    const server = await first.serverIdentity(['localhost']);
    for (const name of ['root.key.pem', 'device-ca.key.pem', 'server.key.pem'])
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    const second = await openAuthority({ folder, clock });
    expect(second.rootFingerprint).toBe(first.rootFingerprint);
    expect(second.deviceCaPem).toBe(first.deviceCaPem);
    expect((await second.serverIdentity(['localhost'])).chainPem).toBe(server.chainPem);
    expect((await second.serverIdentity(['other.example'])).chainPem).not.toBe(server.chainPem);
  });

  it('works on without the root key, and says when it is needed', async () => {
    const clock = createFakeClock(Date.UTC(2026, 0, 1));
    const first = await openAuthority({ folder, clock });
    await rename(join(folder, 'root.key.pem'), join(folder, 'carried-away'));
    const second = await openAuthority({ folder, clock });
    const request = await createRequest({});
    await expect(second.issueAgentCertificate('p7', request.pem)).resolves.toMatchObject({
      serial: expect.any(String),
    });
    expect(second.clientTrustPems).toEqual([first.deviceCaPem, first.rootPem]);
    clock.setWall(Date.UTC(2031, 6, 1));
    await expect(openAuthority({ folder, clock })).rejects.toMatchObject({ code: 'authority-incomplete' });
    await rename(join(folder, 'carried-away'), join(folder, 'root.key.pem'));
    const third = await openAuthority({ folder, clock });
    expect(third.rootPem).toBe(first.rootPem);
    expect(third.deviceCaPem).not.toBe(first.deviceCaPem);
    expect(third.clientTrustPems).toEqual([third.deviceCaPem, first.deviceCaPem, first.rootPem]);
  });

  it('makes a pair anew when a crash left a key beside the certificate of another', async () => {
    const clock = createFakeClock(Date.now());
    const authority = await openAuthority({ folder, clock });
    const before = await authority.serverIdentity(['localhost']);
    await rename(join(folder, 'device-ca.key.pem'), join(folder, 'server.key.pem'));
    const again = await openAuthority({ folder, clock });
    expect(again.deviceCaPem).not.toBe(authority.deviceCaPem);
    expect((await again.serverIdentity(['localhost'])).chainPem).not.toBe(before.chainPem);
    expect(await readFile(join(folder, 'root.pem'), 'utf8')).toBe(authority.rootPem);
  });

  it('refuses a request that proves nothing', async () => {
    const authority = await openAuthority({ folder, clock: createFakeClock() });
    const refused = { code: 'bad-request' };
    await expect(authority.issueAgentCertificate('p7', 'nonsense')).rejects.toMatchObject(refused);
    await expect(authority.issueAgentCertificate('p7', '')).rejects.toMatchObject(refused);
    await expect(authority.issueAgentCertificate('p7', 'x'.repeat(9_000))).rejects.toMatchObject(refused);
    const other = await createRequest({ curve: 'P-384' });
    await expect(authority.issueAgentCertificate('p7', other.pem)).rejects.toMatchObject(refused);
    const stolen = await createRequest({ signedByAnother: true });
    await expect(authority.issueAgentCertificate('p7', stolen.pem)).rejects.toMatchObject(refused);
  });
});
