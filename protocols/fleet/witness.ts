import { z } from 'zod';
import { timestampSchema } from './ids.ts';

/**
 * The head of the hub's audit log at one moment, signed by the hub. Agents keep some and show them again, so that nobody can
 * cut or rewrite the log at the hub alone without being contradicted.
 */
export const witnessSchema = z.object({
  /** Number of the last entry. */
  seq: z.int().min(1),
  /** Hash of that entry, which covers all before it. */
  head: z.string().regex(/^[0-9a-f]{64}$/),
  at: timestampSchema,
  /** First 16 hex digits of the SHA-256 of the public key (SPKI, DER). */
  key: z.string().regex(/^[0-9a-f]{16}$/),
  /** Ed25519 (RFC 8032) over `witnessText`, base64. */
  signature: z.string().max(120),
});
export type Witness = z.infer<typeof witnessSchema>;

/** How many an agent keeps and shows: the first that it ever got, and the newest. */
export const mostWitnesses = 8;

/** What is signed. */
export function witnessText({ seq, head, at }: Omit<Witness, 'signature' | 'key'>): string {
  return `edufleet audit head\n${seq}\n${head}\n${at}\n`;
}
