import type { ColumnType } from 'kysely';
import type { CalendarLayer } from '../../../protocols/api/operation/calendar.ts';

/** Row types of the school calendar (migration 015). */

interface CalendarVersionTable {
  unit_id: number;
  version: number;
  layer: ColumnType<CalendarLayer | null, string | null, never>;
  at: ColumnType<Date, Date, never>;
  actor: string;
  actor_name: string;
  reason: string;
}

export interface CalendarTables {
  calendar_version: CalendarVersionTable;
}
