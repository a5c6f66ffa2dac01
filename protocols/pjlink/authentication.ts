import { createHash } from 'node:crypto';

/**
 * MD5 is what the standard says up to 2.00. Some later projectors want SHA-256 after the same greeting, so that nothing
 * but a refusal tells which [seen in foreign implementations that follow 2.10].
 */
export type DigestAlgorithm = 'md5' | 'sha256';

/** Token and password as small hex letters; it stands before the first command of a connection [PJLink 2.00 section 5]. */
export function digestPassword(token: string, password: string, algorithm: DigestAlgorithm = 'md5'): string {
  return createHash(algorithm).update(token).update(password).digest('hex');
}
