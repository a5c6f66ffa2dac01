import { scrubbed } from '../../probe/secrets.ts';
import { type Edit, editMatches } from '../rewrite.ts';

type Headers = Readonly<Record<string, readonly string[]>>;

/** Headers whose every word is for one pair of machines only. */
const secretHeaders =
  /^(authorization|proxy-authorization|authentication-info|cookie|set-cookie|x-auth-token|x-api-key|x-csrf-token)$/i;
/** What a challenge asks to be answered with; the rest of it says how to sign in and stays. */
const challengeParts = /\b(?:nonce|opaque|cnonce|response)="(?<secret>[^"]*)"/gi;
const secretParameters =
  /[?&](?:[\w-]*(?:password|passwd|pwd|token|secret|session|auth|user|key)[\w-]*)=(?<secret>[^&#\s"<]*)/gi;
const userInformation = /:\/\/(?<secret>[^/@\s"<]+)@/g;
/** The whole header of WS-Security, and whatever an XML document calls a secret. */
const securityBlock = /<(?:\w+:)?Security\b[^>]*>(?<secret>[\s\S]*?)<\/(?:\w+:)?Security>/g;
const secretElement =
  /<(?:\w+:)?(?:\w*(?:Password|Nonce|PinCode|PIN|Token(?=Value)|PrivateKey|Passphrase|PSK))\b[^>]*>(?<secret>[^<]+)</g;
const secretMember =
  /"(?:[\w-]*(?:password|passwd|secret|token|authentication|authorization|challenge|salt|nonce|pin|apikey|api_key))"\s*:\s*"(?<secret>(?:[^"\\]|\\.)*)"/gi;

/** Headers without credentials and nonces. */
export function scrubHeaders(headers: Headers): Record<string, string[]> {
  const lists = Object.entries(headers).map(([name, values]) => {
    if (secretHeaders.test(name)) return [name, [scrubbed]];
    const clean = values.map((value) =>
      name === 'www-authenticate'
        ? value.replace(challengeParts, (part) => part.replace(/"[^"]*"/, `"${scrubbed}"`))
        : value,
    );
    return [name, clean];
  });
  return Object.fromEntries(lists);
}

/** Secrets that documents of XML and JSON, and addresses inside them, name as such. */
export function documentSecrets(stream: string): readonly Edit[] {
  return [securityBlock, secretElement, secretMember, secretParameters, userInformation].flatMap((pattern) =>
    editMatches(stream, pattern, () => scrubbed),
  );
}
