import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export interface RequestOptions {
  readonly subject?: string;
  /** Asks for this name in an extension, as an impostor would. */
  readonly dnsName?: string;
  /** Asks to become an authority. */
  readonly authority?: boolean;
  readonly curve?: 'P-256' | 'P-384';
  /** Carries the public key of somebody else. */
  readonly signedByAnother?: boolean;
}

/** A certificate request and its key, as an agent makes them; or one that lies. PEM texts. */
export async function createRequest(
  options: RequestOptions,
): Promise<{ readonly pem: string; readonly keyPem: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: options.curve ?? 'P-256', hash: 'SHA-256' } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: options.subject ?? 'CN=agent',
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      ...(options.dnsName ? [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: options.dnsName }])] : []),
      ...(options.authority ? [new x509.BasicConstraintsExtension(true, 3, true)] : []),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const keyPem = String(
    createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' }),
  );
  if (!options.signedByAnother) return { pem: request.toString('pem'), keyPem };
  const others = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const foreign = Buffer.from(await webcrypto.subtle.exportKey('spki', others.publicKey));
  const own = Buffer.from(await webcrypto.subtle.exportKey('spki', keys.publicKey));
  const bytes = Buffer.from(request.rawData);
  foreign.copy(bytes, bytes.indexOf(own));
  return { pem: new x509.Pkcs10CertificateRequest(bytes).toString('pem'), keyPem };
}
