import 'reflect-metadata';
import { createPrivateKey, X509Certificate as NodeCertificate, webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { X509Certificate } from '@peculiar/x509';
import { FatalError, toError } from '../../protocols/errors.ts';
import type { Clock } from '../../protocols/ports.ts';
import { writeDurableFile } from '../platform/durable-file.ts';
import { createRoot, type Issuer, issueAgent, issueDeviceCa, issueServer } from './certificates.ts';
import { fingerprintOf } from './identity.ts';
import { algorithm, exportKey, generateKeys, importKeys, type KeyPair } from './keys.ts';
import { provenKeyOf } from './request.ts';

/** A certificate just made, with what the database keeps of it. */
export interface IssuedCertificate {
  readonly certificatePem: string;
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  readonly serial: string;
  /** SHA-256 of the public key's SPKI DER, lower-case hex. */
  readonly keyFingerprint: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What a TLS listener presents: the chain is leaf, device CA, root, so that an enrolling agent can pin the root. */
interface ServerIdentity {
  readonly keyPem: string;
  readonly chainPem: string;
  readonly notAfter: Date;
}

export interface Authority {
  readonly rootPem: string;
  readonly deviceCaPem: string;
  /** What client certificates are checked against: this device CA, the one before it, and the root. */
  readonly clientTrustPems: readonly string[];
  /** SHA-256 of the root's DER, lower-case hex: what a voucher's code pins. */
  readonly rootFingerprint: string;
  /** Checks that the asker holds the key, and signs it for this agent. Throws FatalError `bad-request`. */
  issueAgentCertificate(agentId: string, requestPem: string): Promise<IssuedCertificate>;
  /** Signs with the device CA's key: ECDSA P-256 with SHA-256, r and s. The bytes must name their context. */
  signVoucher(statement: Uint8Array): Promise<Uint8Array>;
  /** The identity of the hub's listeners for these names: the stored one while it fits, else a new one. */
  serverIdentity(names: readonly string[]): Promise<ServerIdentity>;
}

export interface AuthorityOptions {
  /** Folder of keys and certificates; made when absent. Keys are readable by the owner alone. */
  readonly folder: string;
  readonly clock: Clock;
}

const files = {
  rootKey: 'root.key.pem',
  root: 'root.pem',
  deviceCaKey: 'device-ca.key.pem',
  deviceCa: 'device-ca.pem',
  previousDeviceCa: 'device-ca.previous.pem',
  serverKey: 'server.key.pem',
  server: 'server.pem',
} as const;

/** A certificate is replaced when less than this part of its life is left. */
const renewBelow = 1 / 3;

/**
 * Opens the authority of this folder, making what is missing. `root.key.pem` may be carried away to a safe place once the
 * device CA exists: it is needed again only for the next device CA. Throws FatalError `authority-incomplete` when a
 * key or certificate that is needed is missing, or `authority-broken` when one does not fit the other.
 */
export async function openAuthority({ folder, clock }: AuthorityOptions): Promise<Authority> {
  const at = (name: string) => join(folder, name);
  const root = await openRoot(at, clock);
  const deviceCa = await openDeviceCa(at, root, clock);
  const rootPem = pemOf(root.certificate);
  const deviceCaPem = pemOf(deviceCa.certificate);
  const previousPem = await readIfThere(at(files.previousDeviceCa));
  return {
    rootPem,
    deviceCaPem,
    clientTrustPems: [deviceCaPem, ...(previousPem ? [previousPem] : []), rootPem],
    rootFingerprint: fingerprintOf(new Uint8Array(root.certificate.rawData)),
    issueAgentCertificate: async (agentId, requestPem) => {
      const key = await provenKeyOf(requestPem);
      return describe(await issueAgent(deviceCa, key, agentId, clock.now()));
    },
    signVoucher: async (statement) =>
      new Uint8Array(await webcrypto.subtle.sign(algorithm, deviceCa.keys.privateKey, Buffer.from(statement))),
    serverIdentity: async (names) => {
      if (names.length === 0) throw new FatalError('invalid-setting', 'a listener needs at least one name or address');
      const stored = await storedServer(at, names, deviceCaPem, clock.now());
      if (stored) return withChain(stored, deviceCaPem, rootPem);
      const keys = await generateKeys();
      const certificatePem = pemOf(await issueServer(deviceCa, keys.publicKey, names, clock.now()));
      const keyPem = await exportKey(keys);
      // The certificate is written last: a crash between the two leaves a pair that does not fit, and is made anew.
      await writeDurableFile(at(files.serverKey), keyPem);
      await writeDurableFile(at(files.server), certificatePem);
      return withChain({ keyPem, certificatePem }, deviceCaPem, rootPem);
    },
  };
}

type At = (name: string) => string;

interface Root {
  readonly certificate: X509Certificate;
  /** Absent when the key is kept elsewhere. */
  readonly keys: KeyPair | undefined;
}

async function openRoot(at: At, clock: Clock): Promise<Root> {
  const [certificatePem, keyPem] = await Promise.all([readIfThere(at(files.root)), readIfThere(at(files.rootKey))]);
  if (certificatePem) {
    const keys = keyPem ? await keysOf(keyPem, certificatePem, files.rootKey) : undefined;
    return { certificate: new X509Certificate(certificatePem), keys };
  }
  if (await readIfThere(at(files.deviceCa)))
    throw new FatalError('authority-incomplete', `${files.root} is missing beside ${files.deviceCa}; restore it`);
  const keys = keyPem ? await importKeys(keyPem) : await generateKeys();
  const certificate = await createRoot(keys, clock.now());
  await writeDurableFile(at(files.rootKey), await exportKey(keys));
  await writeDurableFile(at(files.root), pemOf(certificate));
  return { certificate, keys };
}

async function openDeviceCa(at: At, root: Root, clock: Clock): Promise<Issuer> {
  const [certificatePem, keyPem] = await Promise.all([
    readIfThere(at(files.deviceCa)),
    readIfThere(at(files.deviceCaKey)),
  ]);
  const current = certificatePem && keyPem ? await issuerOf(certificatePem, keyPem, root) : undefined;
  if (current && !agesOut(current.certificate, clock.now())) return current;
  if (!root.keys) {
    if (current && current.certificate.notAfter.getTime() > clock.now()) return current;
    throw new FatalError(
      'authority-incomplete',
      `the device CA is ${current ? 'expired' : 'missing'} and ${files.rootKey} is not here; bring the root key back and start again`,
    );
  }
  const keys = await generateKeys();
  const issuer = { certificate: root.certificate, keys: root.keys };
  const certificate = await issueDeviceCa(issuer, keys.publicKey, clock.now());
  if (current) await writeDurableFile(at(files.previousDeviceCa), pemOf(current.certificate));
  await writeDurableFile(at(files.deviceCaKey), await exportKey(keys));
  await writeDurableFile(at(files.deviceCa), pemOf(certificate));
  return { certificate, keys };
}

/** Undefined when the two files do not belong together, as after a crash between their writes. */
async function issuerOf(certificatePem: string, keyPem: string, root: Root): Promise<Issuer | undefined> {
  if (!fits(keyPem, certificatePem)) return undefined;
  const certificate = new NodeCertificate(certificatePem);
  if (!certificate.checkIssued(new NodeCertificate(pemOf(root.certificate))))
    throw new FatalError('authority-broken', `${files.deviceCa} was not issued by ${files.root}`);
  return { certificate: new X509Certificate(certificatePem), keys: await importKeys(keyPem) };
}

async function storedServer(at: At, names: readonly string[], deviceCaPem: string, nowMs: number) {
  const [certificatePem, keyPem] = await Promise.all([readIfThere(at(files.server)), readIfThere(at(files.serverKey))]);
  if (!certificatePem || !keyPem || !fits(keyPem, certificatePem)) return undefined;
  const certificate = new NodeCertificate(certificatePem);
  const covers = names.every((name) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)));
  const usable = covers && certificate.checkIssued(new NodeCertificate(deviceCaPem));
  if (!usable || agesOut(new X509Certificate(certificatePem), nowMs)) return undefined;
  return { certificatePem, keyPem };
}

function withChain(leaf: { readonly keyPem: string; readonly certificatePem: string }, ...issuers: string[]) {
  const chainPem = [leaf.certificatePem, ...issuers].map((pem) => `${pem.trim()}\n`).join('');
  return { keyPem: leaf.keyPem, chainPem, notAfter: new NodeCertificate(leaf.certificatePem).validToDate };
}

async function keysOf(keyPem: string, certificatePem: string, name: string): Promise<KeyPair> {
  if (!fits(keyPem, certificatePem))
    throw new FatalError('authority-broken', `${name} is not the key of the certificate beside it`);
  return importKeys(keyPem);
}

function fits(keyPem: string, certificatePem: string): boolean {
  return new NodeCertificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem));
}

function agesOut(certificate: X509Certificate, nowMs: number): boolean {
  const lifeMs = certificate.notAfter.getTime() - certificate.notBefore.getTime();
  return certificate.notAfter.getTime() - nowMs < lifeMs * renewBelow;
}

function describe(certificate: X509Certificate): IssuedCertificate {
  return {
    certificatePem: pemOf(certificate),
    fingerprint: fingerprintOf(new Uint8Array(certificate.rawData)),
    serial: certificate.serialNumber,
    keyFingerprint: fingerprintOf(new Uint8Array(certificate.publicKey.rawData)),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
  };
}

function pemOf(certificate: X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    const error = toError(thrown);
    if ('code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
