import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FatalError, toError } from '../../protocols/errors.ts';
import { writeDurableFile } from '../../provisioning/platform/durable-file.ts';

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
  /** Throws FatalError `seal-broken` when the bytes were changed, moved, or sealed with another key. */
  open(place: SealPlace, sealed: Uint8Array): Buffer;
}

const formatVersion = 1;
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** AES-256-GCM (NIST SP 800-38D): format byte, 12 bytes of nonce, ciphertext, 16 bytes of tag. `key` is 32 bytes. */
export function createSealer(key: Uint8Array): Sealer {
  if (key.length !== keyBytes)
    throw new FatalError('bad-seal-key', `a seal key has ${keyBytes} bytes, not ${key.length}`);
  return {
    seal: (place, plain) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(placeBytes(place));
      const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Buffer.of(formatVersion), nonce, sealed, cipher.getAuthTag()]);
    },
    open: (place, sealed) => {
      const bytes = Buffer.from(sealed);
      try {
        if (bytes[0] !== formatVersion || bytes.length < 1 + nonceBytes + tagBytes)
          throw new Error('not a sealed value');
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + nonceBytes), {
          authTagLength: tagBytes,
        });
        decipher.setAAD(placeBytes(place)).setAuthTag(bytes.subarray(-tagBytes));
        return Buffer.concat([decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes)), decipher.final()]);
      } catch (thrown) {
        throw new FatalError(
          'seal-broken',
          `the sealed value of ${place.table} ${place.row} does not open with this key`,
          {
            cause: toError(thrown),
          },
        );
      }
    },
  };
}

/**
 * The sealer of a hub: the key is read from `keyFile`, or from `seal.key` in the data folder, which is made when missing
 * (64 hex digits, mode 0600). Hubs that share a database share the key. Throws FatalError `bad-seal-key`.
 */
export async function openSealer(dataDir: string, keyFile?: string): Promise<Sealer> {
  const path = keyFile ?? join(dataDir, 'seal.key');
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    const error = toError(thrown);
    if (keyFile === undefined && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new FatalError('bad-seal-key', `the seal key ${path} cannot be read: ${error.message}`, { cause: error });
  });
  if (text !== undefined) {
    if (!/^[0-9a-f]{64}\s*$/.test(text)) throw new FatalError('bad-seal-key', `${path} does not hold 64 hex digits`);
    return createSealer(Buffer.from(text.trim(), 'hex'));
  }
  const key = randomBytes(keyBytes);
  await writeDurableFile(path, `${key.toString('hex')}\n`);
  return createSealer(key);
}

function placeBytes(place: SealPlace): Buffer {
  return Buffer.from(`${place.table}|${place.row}|${place.version}`);
}
