import { z } from 'zod';
import { instantSchema, unitKindSchema, unitRefSchema } from '../page.ts';

/**
 * Imports of tables. The file is the body of the request (`application/octet-stream`, at most 5 MB) and comes again with each
 * step, so that no hub has to remember it; `dryRun=no` writes.
 */

/** Columns of a table of units, and of the two sheets of a school. */
export const unitFields = ['name', 'code', 'kind', 'parent', 'type', 'floor', 'aliases', 'validFrom'] as const;
export const roomFields = ['building', 'floor', 'room', 'code'] as const;
export const deviceFields = [
  'name',
  'room',
  'family',
  'host',
  'port',
  'username',
  'password',
  'settings',
  'serial',
  'agent',
] as const;

const fileQuery = {
  /** Name of the file; what it is, its bytes tell. */
  file: z.string().min(1).max(200),
  dryRun: z.enum(['yes', 'no']).default('yes'),
  reason: z.string().trim().min(3).max(500).optional(),
};

export const importUnitsQuery = z.object({
  ...fileQuery,
  /** Under which unit rows without a parent of their own come, and which no row leaves. */
  unit: z.coerce.number().int(),
  /** Kind of rows that do not name one. */
  kind: unitKindSchema.exclude(['province']).default('school'),
  /** Which sheet, from 0. */
  sheet: z.coerce.number().int().min(0).max(19).default(0),
  /** Row of the header, from 0; guessed when absent. */
  header: z.coerce.number().int().min(0).max(1_000).optional(),
  /** `name:0,code:3`; guessed when absent. */
  mapping: z.string().max(400).optional(),
});

export const importSiteQuery = z.object({ ...fileQuery, unit: z.coerce.number().int() });

const toldSchema = z.object({ vi: z.string(), en: z.string() });

const rowSchema = z.object({
  sheet: z.string(),
  /** As the file counts it, from 1. */
  row: z.int(),
  outcome: z.enum(['new', 'changed', 'unchanged', 'refused']),
  name: z.string(),
  errors: z.array(z.object({ /** `B7` */ cell: z.string(), field: z.string(), message: toldSchema })),
});
export type ImportRow = z.infer<typeof rowSchema>;

const countsSchema = z.object({ new: z.int(), changed: z.int(), unchanged: z.int(), refused: z.int() });

export const importResult = z.object({
  dryRun: z.boolean(),
  /** Why the file as a whole cannot be taken. */
  problem: toldSchema.optional(),
  sheets: z.array(z.string()),
  headerRow: z.int(),
  /** Every column with its header and what the first rows say in it. */
  columns: z.array(z.object({ header: z.string(), examples: z.array(z.string()) })),
  mapping: z.record(z.string(), z.int()),
  counts: countsSchema,
  /** The refused ones first, at most 200. */
  rows: z.array(rowSchema),
  /** Of what was written; it can be undone by it. */
  import: z.int().optional(),
});
export type ImportResult = z.infer<typeof importResult>;

export const unitImportSchema = z.object({
  id: z.int(),
  at: instantSchema,
  actor: z.string(),
  unit: unitRefSchema,
  file: z.string(),
  created: z.int(),
  changed: z.int(),
  undoneAt: instantSchema.optional(),
});
export type UnitImport = z.infer<typeof unitImportSchema>;
/** The newest 50. */
export const unitImportsList = z.object({ rows: z.array(unitImportSchema) });
export const undoImportBody = z.strictObject({ reason: z.string().trim().min(3).max(500) });
export const templateQuery = z.object({ of: z.enum(['units', 'site']).default('units') });
