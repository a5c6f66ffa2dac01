import { createPrivateKey, createPublicKey, type KeyObject, webcrypto } from 'node:crypto';

/** The one kind of key that this authority makes and accepts: ECDSA on P-256 with SHA-256. */
export const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface KeyPair {
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
}

/** A fresh pair; the private key can be exported, because its file is how it is kept. */
export async function generateKeys(): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

/** PKCS#8 PEM of a private key. */
export async function exportKey(keys: KeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return String(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' }));
}

/** The pair behind a PKCS#8 PEM. Throws when the text is no P-256 private key. */
export async function importKeys(pem: string): Promise<KeyPair> {
  const privateKey = createPrivateKey(pem);
  const [secret, open] = await Promise.all([
    webcrypto.subtle.importKey('pkcs8', der(privateKey, 'pkcs8'), algorithm, true, ['sign']),
    webcrypto.subtle.importKey('spki', der(createPublicKey(privateKey), 'spki'), algorithm, true, ['verify']),
  ]);
  return { privateKey: secret, publicKey: open };
}

function der(key: KeyObject, type: 'pkcs8' | 'spki'): Uint8Array<ArrayBuffer> {
  const bytes = type === 'pkcs8' ? key.export({ format: 'der', type }) : key.export({ format: 'der', type });
  return new Uint8Array(bytes);
}
