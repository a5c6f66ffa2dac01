import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { Pkcs10CertificateRequest, X509CertificateGenerator } from '@peculiar/x509';
import { expect, it } from 'vitest';
import { OnvifClient } from '../../../../agent/devices/onvif-camera/client.ts';
import * as keystore from '../../../../protocols/onvif/upkeep/certificates.ts';
import { openSchemas, schemaAbsence } from '../../../protocols/onvif/onvif-schema.ts';
import type { Exchange } from '../../../simulators/onvif-camera/index.ts';
import { openScene } from './scene.ts';

const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2_048,
  publicExponent: new Uint8Array([1, 0, 1]),
};

it('gives a camera a certificate of our own authority for a key that never leaves it', async () => {
  const documents = new Map<string, string>();
  const onExchange = ({ request, answer }: Exchange) => {
    for (const text of [request, answer]) if (text.startsWith('<')) documents.set(`${documents.size}`, text);
  };
  await using scene = await openScene({ onExchange });
  const { camera, test } = scene;
  const client = new OnvifClient(test.context, {
    origin: { scheme: 'http', host: camera.host, port: camera.port },
    credentials: camera.credentials,
    timeoutMs: 60_000,
    allowPlainPassword: false,
    pinnedCertificate: undefined,
  });
  const at = { port: camera.port, path: '/onvif/security_service' };
  const ask = { signal: test.context.signal };
  await client.readClock(ask.signal);

  const { keyId, estimatedMs } = await client.call(at, keystore.createRsaKeyPair(2048, 'Fleet'), ask);
  expect(estimatedMs).toBe(3_000);
  expect(await client.call(at, keystore.getKeyStatus(keyId), ask)).toBe('ok');
  const request = new Pkcs10CertificateRequest(
    Uint8Array.from(await client.call(at, keystore.createCertificateRequest(keyId, 'cam-7.sim.test'), ask)),
  );
  expect(await request.verify(webcrypto as never)).toBe(true);
  expect(request.subject).toBe('CN=cam-7.sim.test');

  const authority = await webcrypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const issued = await X509CertificateGenerator.create(
    {
      serialNumber: '07',
      subject: request.subject,
      issuer: 'CN=Our authority',
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2027-01-01T00:00:00Z'),
      publicKey: await request.publicKey.export(webcrypto as never),
      signingKey: authority.privateKey,
      signingAlgorithm: algorithm,
    },
    webcrypto as never,
  );
  const id = await client.call(at, keystore.uploadCertificate(new Uint8Array(issued.rawData), 'Fleet & <7>'), ask);
  const path = await client.call(at, keystore.createCertificationPath([id], 'Fleet'), ask);
  const [old] = await client.call(at, keystore.getAssignedServerPaths(), ask);
  await client.call(at, keystore.assignServerPath(path, old), ask);
  expect(await client.call(at, keystore.getAssignedServerPaths(), ask)).toEqual([path]);

  await using session = await scene.connect();
  await session.poll(ask.signal);
  const { certificates } = test.reporter.last('certificate') as { certificates: readonly object[] };
  expect(certificates).toContainEqual({
    id,
    subject: 'CN=cam-7.sim.test',
    issuer: 'CN=Our authority',
    notBefore: Date.UTC(2026, 0, 1),
    notAfter: Date.UTC(2027, 0, 1),
    selfSigned: false,
    fingerprint: Buffer.from(await issued.getThumbprint('SHA-256', webcrypto as never)).toString('hex'),
    served: true,
  });
  if (schemaAbsence() === undefined) expect(openSchemas().validate(documents)).toEqual([]);
});
