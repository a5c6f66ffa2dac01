import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import {
  type changeUnitBody,
  unitChangeResult,
  unitHistorySchema,
} from '../../../../protocols/api/organisation/changes.ts';
import { importResult, unitImportsList } from '../../../../protocols/api/organisation/imports.ts';
import { ask } from './http.ts';

const root = '/api/v1';

/** What a table is about. */
export type ImportTarget = 'units' | 'site';

export interface ImportQuery {
  readonly unit: number;
  readonly file: string;
  readonly dryRun: 'yes' | 'no';
  readonly reason?: string | undefined;
  readonly kind?: string | undefined;
  readonly sheet?: number | undefined;
  readonly header?: number | undefined;
  readonly mapping?: string | undefined;
}

/** Addresses of the organisation over time, and of its imports. All throw ApiError. */
export const organisationApi = {
  change: (unit: number, body: z.input<typeof changeUnitBody>) =>
    ask(`${root}/units/${unit}/change`, { method: 'POST', body, schema: unitChangeResult }),
  importTable: (of: ImportTarget, { ...query }: ImportQuery, file: Blob) =>
    ask(`${root}/imports/${of}`, { method: 'POST', query, file, schema: importResult }),
  undoImport: (id: number, reason: string) =>
    ask(`${root}/imports/${id}/undo`, { method: 'POST', body: { reason }, schema: unitImportsList }),
  templateAddress: (of: ImportTarget) => `${root}/imports/template?of=${of}`,
} as const;

export const unitHistoryQuery = (unit: number) =>
  queryOptions({
    queryKey: ['unit-history', unit],
    queryFn: ({ signal }) => ask(`${root}/units/${unit}/history`, { schema: unitHistorySchema, signal }),
  });

export const unitImportsQuery = queryOptions({
  queryKey: ['unit-imports'],
  queryFn: ({ signal }) => ask(`${root}/imports`, { schema: unitImportsList, signal }),
});
