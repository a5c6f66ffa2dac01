import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EnrolOptions, enrol, renew } from '../../../provisioning/enrolment/enrol.ts';
import { requestHub } from '../../../provisioning/enrolment/hub-request.ts';
import { isRenewalDue, renewalWaitMs } from '../../../provisioning/enrolment/renewal.ts';
import { formatVoucherCode } from '../../../provisioning/enrolment/voucher-code.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';
import { type StandInHub, startStandInHub } from '../../support/stand-in-hub.ts';
import { createTestAuthority } from '../../support/test-authority.ts';

let hub: StandInHub;

beforeEach(async () => {
  hub = await startStandInHub();
});
afterEach(() => hub[Symbol.asyncDispose]());

const optionsFor = (voucher: string): EnrolOptions => ({
  hubUrl: hub.gatewayUrl,
  voucher,
  fingerprint: { macs: ['02:00:00:00:00:01'], diskSerials: [] },
  agentVersion: '1.0.0',
  hostname: 'máy-chủ phòng 7',
  hostFamily: 'machine',
  clock: systemClock,
});

describe('enrolment', () => {
  it('brings a certificate for the key that was made here', async () => {
    const enrolled = await enrol(optionsFor(hub.voucher()));
    expect(enrolled).toMatchObject({ agentId: 'agent-1', name: 'máy-chủ phòng 7', hub: { mqttUrl: hub.mqttUrl } });
    const certificate = new X509Certificate(enrolled.certificate);
    expect(certificate.checkPrivateKey(createPrivateKey(enrolled.keyPem))).toBe(true);
    expect(certificate.subject).toBe('CN=agent-1');
    expect(createPrivateKey(enrolled.keyPem).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  });

  it('tells what the hub refuses in its own words', async () => {
    const code = hub.voucher();
    await enrol(optionsFor(code));
    await expect(enrol(optionsFor(code))).rejects.toMatchObject({ code: 'voucher-used' });
  });

  it('hands the secret to nobody but the hub that the voucher names', async () => {
    const used = hub.voucher();
    const other = await createTestAuthority();
    const { createHash } = await import('node:crypto');
    const foreign = createHash('sha256').update(new X509Certificate(other.root).raw).digest('hex');
    await expect(enrol(optionsFor(formatVoucherCode('00'.repeat(16), foreign)))).rejects.toMatchObject({
      code: 'hub-not-trusted',
    });
    expect((await enrol(optionsFor(used))).agentId).toBe('agent-1');
  });

  it('does not take a certificate for another name, nor a foreign one beside the true root', async () => {
    const code = hub.voucher();
    const otherName = await hub.authority.serverIdentity(['192.0.2.1']);
    const stranger = await (await createTestAuthority()).serverIdentity();
    for (const identity of [otherName, stranger]) {
      let asked = 0;
      const cert = [identity.certificate, ...identity.chain, hub.authority.root].join('\n');
      const server = createHttpsServer({ cert, key: identity.key }, () => asked++);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const hubUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await expect(enrol({ ...optionsFor(code), hubUrl })).rejects.toMatchObject({ code: 'hub-not-trusted' });
      expect(asked, 'requests that reached the wrong hub').toBe(0);
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('says when nobody answers, and gives up', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const stop = new AbortController();
    const enrolling = enrol({ ...optionsFor(hub.voucher()), hubUrl: `https://127.0.0.1:${port}`, signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(enrolling).rejects.toThrow('enough');
    await new Promise((resolve) => silent.close(resolve));
    await expect(enrol({ ...optionsFor(hub.voucher()), hubUrl: `https://127.0.0.1:${port}` })).rejects.toMatchObject({
      code: 'hub-unreachable',
    });
    await expect(enrol({ ...optionsFor(hub.voucher()), hubUrl: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'invalid-url',
    });
    await expect(enrol({ ...optionsFor(hub.voucher()), hubUrl: 'the hub' })).rejects.toMatchObject({
      code: 'invalid-url',
    });
  });
});

describe('renewal', () => {
  it('gives a new certificate for the same key over mutual TLS', async () => {
    const enrolled = await enrol(optionsFor(hub.voucher()));
    const renewed = await renew({
      gatewayUrl: hub.gatewayUrl,
      agentId: enrolled.agentId,
      credentials: { key: enrolled.keyPem, certificate: enrolled.certificate },
      authorities: enrolled.chain,
      clock: systemClock,
      signal: new AbortController().signal,
    });
    expect(renewed.certificate).not.toBe(enrolled.certificate);
    expect(new X509Certificate(renewed.certificate).checkPrivateKey(createPrivateKey(enrolled.keyPem))).toBe(true);
    expect(hub.renewals).toBe(1);
  });

  it('needs a certificate', async () => {
    await expect(
      requestHub({
        method: 'POST',
        url: `${hub.gatewayUrl}/renew`,
        contentType: 'application/json',
        body: '{}',
        authorities: [hub.authority.root],
        timeoutMs: 5_000,
        clock: systemClock,
      }),
    ).rejects.toMatchObject({ code: 'certificate-required' });
  });

  it('is due from two thirds of the life on', () => {
    const validity = { notBeforeMs: 0, notAfterMs: 90 };
    expect(isRenewalDue(validity, 59)).toBe(false);
    expect(isRenewalDue(validity, 60)).toBe(true);
    expect(isRenewalDue(validity, 1_000)).toBe(true);
  });

  it('looks again at least hourly, and after failures ever later up to six hours', () => {
    const day = 86_400_000;
    fc.assert(
      fc.property(
        fc.nat(100 * day),
        fc.nat(12),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (now, failures, random) => {
          const wait = renewalWaitMs({ notBeforeMs: 0, notAfterMs: 60 * day }, now, failures, random);
          expect(wait).toBeGreaterThanOrEqual(failures > 0 ? 45_000 : 1_000);
          expect(wait).toBeLessThanOrEqual(failures > 0 ? 6 * 3_600_000 * 1.25 : 3_600_000 * 1.25);
        },
      ),
    );
  });
});
