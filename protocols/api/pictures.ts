import { z } from 'zod';

/** A picture is read for a purpose, which is kept in the audit log with the reader. */
export const pictureQuery = z.object({ purpose: z.string().trim().min(3).max(300) });
