import { randomBytes } from 'node:crypto';

/** Crockford's base 32 in lower case: no letter that reads like a digit. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** A prefix and 12 random letters (60 bits), e.g. `d-9m4e2mr0ui8k`. */
export function randomId(prefix: 'd' | 'p'): string {
  return `${prefix}-${[...randomBytes(12)].map((byte) => alphabet[byte & 31]).join('')}`;
}
