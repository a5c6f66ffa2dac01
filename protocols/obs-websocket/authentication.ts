import { createHash } from 'node:crypto';

/** Proves that we know the password [obs-websocket 5.1.0 protocol.md, Creating an authentication string]. */
export function authenticationString(password: string, salt: string, challenge: string): string {
  return digest(digest(password + salt) + challenge);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
