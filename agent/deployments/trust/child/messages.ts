import { z } from 'zod';

/** What the agent tells the process that walks the metadata; `advanced` serialisation, so bytes travel as bytes. */
export type ToChild =
  | { readonly kind: 'start'; readonly folder: string }
  | { readonly kind: 'content'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'absent' | 'failed'; readonly id: number; readonly message: string };

/** What that process asks and says; checked, because it has read what others sent. */
export const fromChildSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('fetch'),
    id: z.int(),
    name: z.string().regex(/^([1-9][0-9]{0,15}\.)?(root|timestamp|snapshot|targets)\.json$/),
    maxLength: z.int().min(1).max(5_000_000),
  }),
  z.object({ kind: z.literal('done') }),
  z.object({ kind: z.literal('refused'), name: z.string().max(80), message: z.string() }),
]);
export type FromChild = z.infer<typeof fromChildSchema>;
