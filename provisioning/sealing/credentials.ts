import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { z } from 'zod';
import type { Desired, DesiredDevice } from '../../protocols/fleet/messages.ts';

/**
 * How device credentials are sealed to one agent: an ephemeral key on P-256 and the key of the agent's certificate agree on a
 * secret (ECDH, NIST SP 800-56A), HKDF-SHA256 (RFC 5869) makes a key of it, AES-256-GCM (NIST SP 800-38D) seals. A value opens
 * for this agent, this device and this generation only.
 */
export const sealingWay = 'p256-hkdf-sha256-aes256gcm-1';

/** Whose key opens what was sealed. */
export interface SealingIdentity {
  readonly agentId: string;
  /** PKCS#8. */
  readonly keyPem: string;
}

const nonceBytes = 12;
const tagBytes = 16;
const curve = 'prime256v1';
const credentialsSchema = z.object({ username: z.string().optional(), password: z.string().optional() });

/** Whether something can be sealed to this key. */
export function canSealTo(key: KeyObject): boolean {
  return key.type === 'public' && key.asymmetricKeyDetails?.namedCurve === curve;
}

/** The same wish with every device's credentials sealed to the agent; those that are sealed already stay. Throws when `canSealTo` is false. */
export function sealDesired(desired: Desired, agentId: string, recipient: KeyObject): Desired {
  if (!desired.devices.some(({ credentials }) => credentials)) return desired;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const ephemeral = publicKey.export({ format: 'der', type: 'spki' });
  const key = keyFor(diffieHellman({ privateKey, publicKey: recipient }), ephemeral, recipient);
  const devices = desired.devices.map(({ credentials, ...device }): DesiredDevice => {
    if (!credentials) return device;
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(placeOf(agentId, device.id, desired.generation));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(credentials), 'utf8'), cipher.final()]);
    return { ...device, sealedCredentials: Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url') };
  });
  return { ...desired, devices, sealing: { way: sealingWay, key: ephemeral.toString('base64url') } };
}

/**
 * The wish with its credentials in the clear, for memory alone; what was never sealed stays as it is. A value that does not
 * open leaves its device without credentials and among `unopened`.
 */
export function openDesired(
  { sealing, ...desired }: Desired,
  { agentId, keyPem }: SealingIdentity,
): { readonly desired: Desired; readonly unopened: readonly string[] } {
  const key = sealing && agreedKey(sealing, keyPem);
  const unopened: string[] = [];
  const devices = desired.devices.map(({ sealedCredentials, ...device }): DesiredDevice => {
    if (sealedCredentials === undefined) return device;
    const credentials = key && open(key, sealedCredentials, placeOf(agentId, device.id, desired.generation));
    if (!credentials) unopened.push(device.id);
    return credentials ? { ...device, credentials } : device;
  });
  return { desired: { ...desired, devices }, unopened };
}

function agreedKey({ way, key }: NonNullable<Desired['sealing']>, keyPem: string): Buffer | undefined {
  if (way !== sealingWay) return undefined;
  try {
    const privateKey = createPrivateKey(keyPem);
    const ephemeral = Buffer.from(key, 'base64url');
    const publicKey = createPublicKey({ key: ephemeral, format: 'der', type: 'spki' });
    return keyFor(diffieHellman({ privateKey, publicKey }), ephemeral, createPublicKey(privateKey));
  } catch {
    // OpenSSL says in many ways that this is no key of this curve: nothing opens with it.
    return undefined;
  }
}

/** Bound to both keys, so that a secret agreed with one is never that of another pair. */
function keyFor(secret: Buffer, ephemeral: Buffer, recipient: KeyObject): Buffer {
  const salt = createHash('sha256')
    .update(ephemeral)
    .update(recipient.export({ format: 'der', type: 'spki' }))
    .digest();
  return Buffer.from(hkdfSync('sha256', secret, salt, sealingWay, 32));
}

function placeOf(agentId: string, deviceId: string, generation: number): Buffer {
  return Buffer.from(JSON.stringify([sealingWay, agentId, deviceId, generation]));
}

function open(key: Buffer, text: string, place: Buffer): DesiredDevice['credentials'] {
  const sealed = Buffer.from(text, 'base64url');
  if (sealed.length < nonceBytes + tagBytes) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
    decipher.setAAD(place).setAuthTag(sealed.subarray(-tagBytes));
    const plain = Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    const { username, password } = credentialsSchema.parse(JSON.parse(plain.toString('utf8')));
    return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
  } catch {
    // Changed, moved or sealed to another: there is one answer to all of them.
    return undefined;
  }
}
