import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
} from 'node:crypto';
import { Key, type Metadata, type Root, Signature, type Snapshot, type Targets, type Timestamp } from '@tufjs/models';
import { FatalError, toError } from '../../protocols/errors.ts';

/** A key that can sign release metadata, with its public half as metadata names it. */
export interface SigningKey {
  readonly tuf: Key;
  readonly privateKey: KeyObject;
}

export type AnyMetadata = Metadata<Root> | Metadata<Targets> | Metadata<Snapshot> | Metadata<Timestamp>;

/** A new Ed25519 key, PKCS#8 in PEM; encrypted with AES-256 when a passphrase is given. */
export function generateKeyPem(passphrase?: string): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  const plain = { type: 'pkcs8', format: 'pem' } as const;
  return privateKey
    .export(passphrase === undefined ? plain : { ...plain, cipher: 'aes-256-cbc', passphrase })
    .toString();
}

/** Throws FatalError `key-unreadable` for what is no Ed25519 key, and for a wrong or missing passphrase. */
export function readSigningKey(pem: string, passphrase?: string): SigningKey {
  const privateKey = read(() => createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase }));
  return { privateKey, tuf: tufKey(createPublicKey(privateKey)) };
}

/** The public half of a key, SPKI in PEM: what a ceremony is given of a key that stays where it is. */
export function publicKeyPem(pem: string, passphrase?: string): string {
  return createPublicKey(readSigningKey(pem, passphrase).privateKey).export({ type: 'spki', format: 'pem' }).toString();
}

/** Throws FatalError `key-unreadable`. */
export function readPublicKey(pem: string): Key {
  if (/PRIVATE KEY/.test(pem))
    throw new FatalError('key-unreadable', 'this is a private key; a ceremony is given the public half alone');
  return tufKey(read(() => createPublicKey(pem)));
}

export function signWith(metadata: AnyMetadata, { tuf, privateKey }: SigningKey): void {
  metadata.sign(
    (bytes) => new Signature({ keyID: tuf.keyID, sig: signBytes(null, bytes, privateKey).toString('hex') }),
  );
}

/** TUF 1.0 section 4.2: the key's id is the SHA-256 of its canonical JSON, which for these plain values is written out here. */
function tufKey(key: KeyObject): Key {
  const raw = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
  const canonical = `{"keytype":"ed25519","keyval":{"public":"${raw}"},"scheme":"ed25519"}`;
  const keyID = createHash('sha256').update(canonical).digest('hex');
  return new Key({ keyID, keyType: 'ed25519', scheme: 'ed25519', keyVal: { public: raw } });
}

function read(open: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = open();
  } catch (thrown) {
    throw new FatalError(
      'key-unreadable',
      `the key cannot be read (${toError(thrown).message}); give the file of an Ed25519 key in PEM, and its passphrase file when it has one`,
    );
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new FatalError('key-unreadable', `the key is of ${key.asymmetricKeyType}; release keys are of Ed25519`);
}
