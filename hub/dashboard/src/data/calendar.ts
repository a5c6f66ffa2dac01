import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import {
  calendarChangeResult,
  calendarTemplates,
  calendarVersions,
  calendarViewSchema,
  type changeCalendarBody,
  importCalendarResult,
  type restoreCalendarBody,
} from '../../../../protocols/api/operation/calendar.ts';
import { ask } from './http.ts';

const root = '/api/v1';

interface CalendarImport {
  readonly unit: number;
  readonly file: File;
  readonly dryRun: 'yes' | 'no';
  readonly reason?: string | undefined;
}

/** Addresses of the school calendar. All throw ApiError. */
export const calendarApi = {
  change: (unit: number, body: z.input<typeof changeCalendarBody>) =>
    ask(`${root}/units/${unit}/calendar`, { method: 'POST', body, schema: calendarChangeResult }),
  restore: (unit: number, body: z.input<typeof restoreCalendarBody>) =>
    ask(`${root}/units/${unit}/calendar/restore`, { method: 'POST', body, schema: calendarChangeResult }),
  importFile: ({ file, ...query }: CalendarImport) =>
    ask(`${root}/imports/calendar`, {
      method: 'POST',
      query: { ...query, file: file.name },
      file,
      schema: importCalendarResult,
    }),
  exportAddress: (unit: number, as: 'csv' | 'xlsx' | 'ics', of: 'resolved' | 'here') =>
    `${root}/units/${unit}/calendar/export?as=${as}&of=${of}`,
} as const;

/** The year that begins in August. */
export const calendarQuery = (unit: number, year: number) =>
  queryOptions({
    queryKey: ['calendar', unit, year],
    queryFn: ({ signal }) =>
      ask(`${root}/units/${unit}/calendar`, {
        query: { from: `${year}-08-01`, to: `${year + 1}-07-31` },
        schema: calendarViewSchema,
        signal,
      }),
  });

export const calendarVersionsQuery = (unit: number) =>
  queryOptions({
    queryKey: ['calendar', unit, 'versions'],
    queryFn: ({ signal }) => ask(`${root}/units/${unit}/calendar/versions`, { schema: calendarVersions, signal }),
  });

export const calendarTemplatesQuery = queryOptions({
  queryKey: ['calendar-templates'],
  queryFn: ({ signal }) => ask(`${root}/calendar-templates`, { schema: calendarTemplates, signal }),
});
