import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import {
  type changeUnitBody,
  unitChangeResult,
  unitHistorySchema,
} from '../../../../protocols/api/organisation/changes.ts';
import { importResult, unitImportsList } from '../../../../protocols/api/organisation/imports.ts';
import { api, type ListQuery } from './api.ts';
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

/** Far beyond any school. */
const mostPages = 20;

async function allOf<R>(
  read: (
    query: ListQuery,
    signal: AbortSignal,
  ) => Promise<{ readonly rows: readonly R[]; readonly next?: string | undefined }>,
  query: ListQuery,
  signal: AbortSignal,
): Promise<R[]> {
  const rows: R[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const { rows: more, next } = await read({ ...query, cursor, limit: 200 }, signal);
    rows.push(...more);
    if (next === undefined) break;
    cursor = next;
  }
  return rows;
}

/** Rooms, agents and devices of a school, as a split needs them. */
export interface SchoolStock {
  readonly school: number;
  readonly rooms: readonly {
    readonly id: number;
    readonly name: string;
    /** The building that it lies in. */
    readonly parent?: number | undefined;
    readonly devices: number;
  }[];
  readonly agents: readonly { readonly id: string; readonly name: string; readonly unit: number }[];
  readonly devices: readonly { readonly agent: string; readonly unit: number }[];
}

/** What a school has that can go to another one. */
export const schoolStockQuery = (school: number) =>
  queryOptions({
    queryKey: ['school-stock', school],
    queryFn: async ({ signal }): Promise<SchoolStock> => {
      const [top, agents, devices] = await Promise.all([
        allOf(api.units, { parent: school }, signal),
        allOf(api.agents, { unit: school }, signal),
        allOf(api.devices, { unit: school }, signal),
      ]);
      const buildings = top.filter(({ kind }) => kind === 'building');
      const inside = await Promise.all(buildings.map(({ id }) => allOf(api.units, { parent: id }, signal)));
      return {
        school,
        rooms: [...top, ...inside.flat()].map(({ id, name, parent, counts }) => ({
          id,
          name,
          devices: counts.devices,
          ...(parent === school ? {} : { parent }),
        })),
        agents: agents.map(({ id, name, unit }) => ({ id, name, unit: unit.id })),
        devices: devices.map(({ agent, unit }) => ({ agent: agent.id, unit: unit.id })),
      };
    },
    staleTime: 0,
  });
