import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { FatalError, toError } from '../../protocols/errors.ts';

/** Where a sealed value stands; it opens nowhere else, so rows cannot be swapped. */
export interface SealPlace {
  readonly table: string;
  readonly row: string;
  /** Of the format of what is inside. */
  readonly version: number;
}

/** Keeps secrets unreadable in the database and its backups. */
export interface Sealer {
  seal(place: SealPlace, plain: Uint8Array): Buffer;
  /** Throws FatalError `seal-broken` when the bytes were changed, moved, or sealed with a key that is not here. */
  open(place: SealPlace, sealed: Uint8Array): Buffer;
  /** Whether these bytes were sealed with the newest key. */
  isFresh(sealed: Uint8Array): boolean;
}

/** 1: without the name of its key, which was the only one then. 2: with it. */
const formats = { nameless: 1, named: 2 } as const;
const keyBytes = 32;
const nameBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;

interface SealKey {
  readonly name: Buffer;
  readonly bytes: Uint8Array;
}

/**
 * AES-256-GCM (NIST SP 800-38D): format byte, 4 bytes of the key's SHA-256, 12 bytes of nonce, ciphertext, 16 bytes of tag.
 * Keys are 32 bytes each, the newest first: it seals, all open. Throws FatalError `bad-seal-key`.
 */
export function createSealer(...keys: readonly [Uint8Array, ...Uint8Array[]]): Sealer {
  const known: readonly SealKey[] = keys.map((bytes) => {
    if (bytes.length !== keyBytes)
      throw new FatalError('bad-seal-key', `a seal key has ${keyBytes} bytes, not ${bytes.length}`);
    return { bytes, name: createHash('sha256').update(bytes).digest().subarray(0, nameBytes) };
  });
  const newest = known[0];
  if (!newest) throw new FatalError('bad-seal-key', 'there is no seal key');

  return {
    seal: (place, plain) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', newest.bytes, nonce).setAAD(placeBytes(place));
      const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Buffer.of(formats.named), newest.name, nonce, sealed, cipher.getAuthTag()]);
    },
    open: (place, sealed) => {
      const { name, rest } = partsOf(sealed);
      // Values of the first format do not tell their key; it is one of ours, and only the right one opens.
      for (const key of known.filter((one) => name === undefined || one.name.equals(name))) {
        const plain = tryOpen(key.bytes, place, rest);
        if (plain) return plain;
      }
      throw new FatalError(
        'seal-broken',
        `the sealed value of ${place.table} ${place.row} does not open with this key`,
      );
    },
    isFresh: (sealed) => partsOf(sealed).name?.equals(newest.name) ?? false,
  };
}

/** `rest` is nonce, ciphertext and tag. */
function partsOf(sealed: Uint8Array): { readonly name: Buffer | undefined; readonly rest: Buffer } {
  const bytes = Buffer.from(sealed);
  if (bytes[0] === formats.nameless) return { name: undefined, rest: bytes.subarray(1) };
  if (bytes[0] === formats.named)
    return { name: bytes.subarray(1, 1 + nameBytes), rest: bytes.subarray(1 + nameBytes) };
  return { name: Buffer.alloc(0), rest: bytes };
}

function tryOpen(key: Uint8Array, place: SealPlace, rest: Buffer): Buffer | undefined {
  if (rest.length < nonceBytes + tagBytes) return undefined;
  try {
    const nonce = rest.subarray(0, nonceBytes);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(placeBytes(place)).setAuthTag(rest.subarray(-tagBytes));
    return Buffer.concat([decipher.update(rest.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch (thrown) {
    // OpenSSL says the same for every reason: it does not open.
    void toError(thrown);
    return undefined;
  }
}

function placeBytes(place: SealPlace): Buffer {
  return Buffer.from(`${place.table}|${place.row}|${place.version}`);
}
