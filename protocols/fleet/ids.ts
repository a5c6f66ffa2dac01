import { z } from 'zod';

const idPattern = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** Agent id as in its certificate and topics: 1 to 40 of `[a-z0-9-]`, no leading hyphen. */
export const agentIdSchema = z.string().regex(idPattern, 'an agent id has 1 to 40 of a-z, 0-9 and -');
export type AgentId = z.infer<typeof agentIdSchema>;

/** Device id given by the hub at adoption; the same alphabet as an agent id. */
export const deviceIdSchema = z.string().regex(idPattern, 'a device id has 1 to 40 of a-z, 0-9 and -');

/** Milliseconds since the Unix epoch, by the clock of whoever wrote it. */
export const timestampSchema = z.int().min(0).max(8_640_000_000_000_000);
