import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** Keys and certificates made for a test: a root, an intermediate below it, and what they sign. PEM texts. */
export interface TestAuthority {
  readonly root: string;
  readonly intermediate: string;
  /** A server's certificate for `localhost` and unless told otherwise 127.0.0.1, its key, and the chain above it without the root. */
  serverIdentity(
    addresses?: readonly string[],
  ): Promise<{ readonly certificate: string; readonly key: string; readonly chain: readonly string[] }>;
  /** Signs a CSR as the hub does: the subject is `agent`, whatever the request says. */
  signAgent(csr: string, agent: string, options?: { readonly validMs?: number; readonly at?: number }): Promise<string>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const hourMs = 3_600_000;

export async function createTestAuthority(): Promise<TestAuthority> {
  const rootKeys = await newKeys();
  const rootCertificate = await sign('CN=Test Root', rootKeys.publicKey, 'CN=Test Root', rootKeys.privateKey, ca());
  const middleKeys = await newKeys();
  const middle = await sign('CN=Test Device CA', middleKeys.publicKey, 'CN=Test Root', rootKeys.privateKey, ca());
  return {
    root: rootCertificate.toString('pem'),
    intermediate: middle.toString('pem'),
    serverIdentity: async (addresses = ['127.0.0.1']) => {
      const keys = await newKeys();
      const names = new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        ...addresses.map((value) => ({ type: 'ip' as const, value })),
      ]);
      const server = await sign('CN=hub', keys.publicKey, 'CN=Test Device CA', middleKeys.privateKey, [names]);
      return {
        certificate: server.toString('pem'),
        key: await pemOfKey(keys.privateKey),
        chain: [middle.toString('pem')],
      };
    },
    signAgent: async (csr, agent, options = {}) => {
      const request = new x509.Pkcs10CertificateRequest(csr);
      if (!(await request.verify())) throw new Error('the request is not signed by its own key');
      const from = options.at ?? Date.now() - hourMs;
      const signed = await sign(
        `CN=${agent}`,
        await request.publicKey.export(),
        'CN=Test Device CA',
        middleKeys.privateKey,
        [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
        { from, until: from + (options.validMs ?? 30 * 24 * hourMs) },
      );
      return signed.toString('pem');
    },
  };
}

function ca(): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ];
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

function sign(
  subject: string,
  publicKey: webcrypto.CryptoKey,
  issuer: string,
  signingKey: webcrypto.CryptoKey,
  extensions: x509.Extension[],
  validity = { from: Date.now() - hourMs, until: Date.now() + 24 * hourMs },
): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.create({
    subject,
    issuer,
    publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(validity.from),
    notAfter: new Date(validity.until),
    extensions,
  });
}

async function pemOfKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}
