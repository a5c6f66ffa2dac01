import { z } from 'zod';

/** Ids in paths. What does not fit is answered like a row that is not there. */
export const idParams = z.strictObject({ id: z.string().regex(/^[\w-]{1,64}$/) });
export const unitParams = z.strictObject({ id: z.coerce.number().int().min(1).max(2_147_483_647) });
