import { z } from 'zod';

/** Query of every list: where to go on (`cursor` of the page before), how many rows, and words to search, with or without marks. */
export const pageQuery = {
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  q: z.string().max(200).optional(),
};

/** One page of a list. `next` is absent on the last page; `total` counts all rows that match within the caller's scope. */
export function pageOf<T extends z.ZodType>(row: T) {
  return z.object({ rows: z.array(row), next: z.string().optional(), total: z.int().min(0) });
}

/** RFC 9457 problem details, as every error of the API is told. */
export const problemDetailsSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    /** Stable code of ours, listed in the README. */
    code: z.string(),
    detail: z.string().optional(),
    instance: z.string().optional(),
    /** For 422: which field, and why. */
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type ProblemDetails = z.infer<typeof problemDetailsSchema>;

/** ISO 8601 in UTC, milliseconds. */
export const instantSchema = z.iso.datetime();

/** From the widest to the narrowest; an office leads others professionally and holds none. */
export const unitKindSchema = z.enum(['province', 'commune', 'office', 'school', 'building', 'room']);

/** A day in Viet Nam. */
export const daySchema = z.iso.date();

/** A unit of the organisation, as it is named inside other rows. */
export const unitRefSchema = z
  .object({
    id: z.int(),
    name: z.string(),
    kind: unitKindSchema,
  })
  .meta({ id: 'UnitRef' });
