import { z } from 'zod';

export const versionSchema = z.object({ name: z.string(), version: z.string() });
/** `GET /healthz`: the process answers. */
export const aliveSchema = z.object({ status: z.literal('ok') });
/** `GET /readyz`: 200 when every part is ready, else 503 with the same body. */
export const readySchema = z.object({
  status: z.enum(['ready', 'not-ready']),
  parts: z.record(z.string(), z.enum(['ok', 'failed'])),
});
