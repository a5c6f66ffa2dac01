import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import {
  type changeConfigurationBody,
  configurationChangeResult,
  configurationHistoryPage,
  deviceConfigurationSchema,
  driftPage,
  type revertConfigurationBody,
  unitConfigurationSchema,
} from '../../../../protocols/api/operation/configuration.ts';
import { ask } from './http.ts';

const root = '/api/v1';

/** Where something is wished: a unit of the organisation, or one device. */
export type Place = { readonly unit: number } | { readonly device: string };

function pathOf(place: Place): string {
  return 'unit' in place
    ? `${root}/units/${place.unit}/configuration`
    : `${root}/devices/${place.device}/configuration`;
}

/** Addresses of how devices shall be set. All throw ApiError. */
export const configurationApi = {
  change: (place: Place, body: z.input<typeof changeConfigurationBody>) =>
    ask(pathOf(place), { method: 'POST', body, schema: configurationChangeResult }),
  revert: (change: number, body: z.input<typeof revertConfigurationBody>) =>
    ask(`${root}/configuration/changes/${change}/revert`, { method: 'POST', body, schema: configurationChangeResult }),
} as const;

export const deviceConfigurationQuery = (device: string) =>
  queryOptions({
    queryKey: ['device', device, 'configuration'],
    queryFn: ({ signal }) => ask(pathOf({ device }), { schema: deviceConfigurationSchema, signal }),
    refetchInterval: 15_000,
  });

export const unitConfigurationQuery = (unit: number) =>
  queryOptions({
    queryKey: ['unit', unit, 'configuration'],
    queryFn: ({ signal }) => ask(pathOf({ unit }), { schema: unitConfigurationSchema, signal }),
  });

export const configurationHistoryQuery = (place: Place) =>
  queryOptions({
    queryKey: ['configuration-history', place],
    queryFn: ({ signal }) =>
      ask(`${pathOf(place)}/changes`, { query: { limit: 50 }, schema: configurationHistoryPage, signal }),
  });

export const driftQuery = (unit: number) =>
  queryOptions({
    queryKey: ['drift', unit],
    queryFn: ({ signal }) =>
      ask(`${root}/configuration/drift`, { query: { unit, limit: 100 }, schema: driftPage, signal }),
    refetchInterval: 30_000,
  });
