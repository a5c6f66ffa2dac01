import 'reflect-metadata';
import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new EC P-256 key, PKCS#8 PEM. It never leaves the machine that made it. */
export function newKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** A certificate request (PKCS#10, PEM) that proves the possession of the key. The hub ignores the name in it. */
export async function certificateRequest(keyPem: string, commonName: string): Promise<string> {
  const key = createPrivateKey(keyPem);
  const privateKey = await webcrypto.subtle.importKey(
    'pkcs8',
    key.export({ format: 'der', type: 'pkcs8' }),
    algorithm,
    false,
    ['sign'],
  );
  const publicKey = await webcrypto.subtle.importKey(
    'spki',
    createPublicKey(key).export({ format: 'der', type: 'spki' }),
    algorithm,
    true,
    ['verify'],
  );
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName.replace(/[^\w .-]/g, '').slice(0, 64) || 'agent'] }],
    keys: { privateKey, publicKey },
    signingAlgorithm: algorithm,
  });
  return `${request.toString('pem').trim()}\n`;
}
