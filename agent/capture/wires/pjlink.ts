import { type Edit, editMatches } from '../rewrite.ts';

/** The random number in the greeting, and the digest before the first command [PJLink 2.00 section 5.1]: whoever has both can try passwords. */
const token = /(?:^|[\r\n])\0*PJLINK 1 (?<secret>[0-9a-fA-F]{8})(?![0-9a-fA-F])/g;
const digest = /(?:^|\r)(?<secret>[0-9a-f]{32}(?:[0-9a-f]{32})?)%[12]/g;

export function pjlinkSecrets(stream: string): readonly Edit[] {
  return [token, digest].flatMap((pattern) => editMatches(stream, pattern, (found) => '0'.repeat(found.length)));
}
