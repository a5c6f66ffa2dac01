import { createHash } from 'node:crypto';
import { namespaces } from './namespaces.ts';
import { type XmlMarkup, xml } from './xml-markup.ts';

const tokenProfile = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0';
const messageSecurity = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0';

export interface UsernameTokenInput {
  readonly username: string;
  readonly password: string;
  /** Random and never used before; 16 bytes. */
  readonly nonce: Uint8Array;
  /** The device's idea of now as xs:dateTime in UTC; devices refuse what is more than 5 s off. */
  readonly created: string;
}

/** Base64 of SHA-1 over nonce, created and password [WSS UsernameToken Profile 1.0, section 3.1]. */
export function passwordDigest({ nonce, created, password }: Omit<UsernameTokenInput, 'username'>): string {
  return createHash('sha1').update(nonce).update(created, 'utf8').update(password, 'utf8').digest('base64');
}

/** The security header with a digest token; the password itself never leaves. Throws ProtocolError for text that XML cannot carry. */
export function usernameToken(input: UsernameTokenInput): XmlMarkup {
  const nonce = Buffer.from(input.nonce).toString('base64');
  return xml`<wsse:Security xmlns:wsse="${namespaces.wsse}" xmlns:wsu="${namespaces.wsu}" s:mustUnderstand="1"><wsse:UsernameToken><wsse:Username>${input.username}</wsse:Username><wsse:Password Type="${tokenProfile}#PasswordDigest">${passwordDigest(input)}</wsse:Password><wsse:Nonce EncodingType="${messageSecurity}#Base64Binary">${nonce}</wsse:Nonce><wsu:Created>${input.created}</wsu:Created></wsse:UsernameToken></wsse:Security>`;
}
