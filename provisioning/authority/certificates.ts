import 'reflect-metadata';
import { randomBytes, type webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  type PublicKeyType,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { agentUri } from './identity.ts';
import { algorithm, type KeyPair } from './keys.ts';

const dayMs = 24 * 3600 * 1000;

/**
 * Lives of certificates, in days. A certificate begins a day before it is made, so that an agent whose clock runs
 * behind can use it at once.
 */
const lives = { rootDays: 7300, deviceCaDays: 1825, serverDays: 730, agentDays: 60, backdatedDays: 1 } as const;

export interface Issuer {
  readonly certificate: X509Certificate;
  readonly keys: KeyPair;
}

interface Draft {
  readonly subject: readonly NamePart[];
  readonly publicKey: PublicKeyType;
  readonly days: number;
  readonly nowMs: number;
  readonly extensions: readonly Extension[];
}

type NamePart = Readonly<Record<string, string[]>>;

/** The root: signs device CAs and nothing else, so that its key can be kept off the machine. */
export async function createRoot(keys: KeyPair, nowMs: number): Promise<X509Certificate> {
  const subject = named('Edufleet Root CA');
  return X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [...subject],
    ...validity(nowMs, lives.rootDays),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 1, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
}

/** The intermediate that works online: it signs agents and the listeners of the hub, and no further CA. */
export function issueDeviceCa(root: Issuer, publicKey: webcrypto.CryptoKey, nowMs: number): Promise<X509Certificate> {
  return sign(root, {
    subject: named('Edufleet Device CA'),
    publicKey,
    days: lives.deviceCaDays,
    nowMs,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
}

/** A certificate for listeners reached by these names or addresses; at least one. */
export function issueServer(
  deviceCa: Issuer,
  publicKey: webcrypto.CryptoKey,
  names: readonly string[],
  nowMs: number,
): Promise<X509Certificate> {
  return sign(deviceCa, {
    subject: named(names[0] ?? 'edufleet-hub'),
    publicKey,
    days: lives.serverDays,
    nowMs,
    extensions: [
      ...leafExtensions(ExtendedKeyUsage.serverAuth),
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }))),
    ],
  });
}

/** The identity of one agent. Nothing in it comes from the request but the public key. */
export function issueAgent(
  deviceCa: Issuer,
  publicKey: PublicKeyType,
  agentId: string,
  nowMs: number,
): Promise<X509Certificate> {
  const names: JsonGeneralNames = [{ type: 'url', value: agentUri(agentId) }];
  return sign(deviceCa, {
    subject: named(agentId),
    publicKey,
    days: lives.agentDays,
    nowMs,
    extensions: [...leafExtensions(ExtendedKeyUsage.clientAuth), new SubjectAlternativeNameExtension(names)],
  });
}

function leafExtensions(usage: ExtendedKeyUsage): readonly Extension[] {
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([usage], true),
  ];
}

async function sign(issuer: Issuer, draft: Draft): Promise<X509Certificate> {
  return X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [...draft.subject],
    issuer: issuer.certificate.subject,
    ...validity(draft.nowMs, draft.days),
    signingAlgorithm: algorithm,
    signingKey: issuer.keys.privateKey,
    publicKey: draft.publicKey,
    extensions: [
      ...draft.extensions,
      await SubjectKeyIdentifierExtension.create(draft.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey),
    ],
  });
}

function named(commonName: string): readonly NamePart[] {
  return [{ O: ['Edufleet'] }, { CN: [commonName] }];
}

function validity(nowMs: number, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(nowMs - lives.backdatedDays * dayMs), notAfter: new Date(nowMs + days * dayMs) };
}

/** 127 random bits, positive and never zero (RFC 5280, 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}
