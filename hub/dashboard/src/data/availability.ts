import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import {
  type availabilityGroups,
  availabilityReport,
  type energyClassBody,
  energyClassesList,
} from '../../../../protocols/api/operation/availability.ts';
import { ask } from './http.ts';

const root = '/api/v1';

export interface AvailabilityAsk {
  readonly unit?: number | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly by: (typeof availabilityGroups)[number];
  readonly sort: 'worst' | 'name' | 'energy';
}

/** One page of the report. Throws ApiError. */
export function askAvailability(query: AvailabilityAsk, cursor: string | undefined, signal: AbortSignal) {
  return ask(`${root}/availability`, { query: { ...query, cursor, limit: 200 }, schema: availabilityReport, signal });
}

export const availabilityReportQuery = (query: AvailabilityAsk) =>
  queryOptions({
    queryKey: ['availability', query],
    queryFn: ({ signal }) => askAvailability(query, undefined, signal),
  });

export function setEnergyClass(body: z.input<typeof energyClassBody>) {
  return ask(`${root}/energy-classes`, { method: 'POST', body, schema: energyClassesList });
}
