import { type SqlBool, sql } from 'kysely';
import type { z } from 'zod';
import type { DeviceEvent, deviceEventsQuery } from '../../protocols/api/devices.ts';
import { InvalidInputError } from '../access/index.ts';
import type { Store } from '../store/index.ts';
import { decodeCursor, encodeCursor } from '../store/page.ts';

export interface History {
  /**
   * What happened to a device, newest first: its events, changes of its inventory, commands, and the causes that
   * touched it or its agent; `isWhole` false leaves out what is of its agent. Throws InvalidInputError for a cursor of another list.
   */
  eventsOf(
    deviceId: string,
    query: z.output<typeof deviceEventsQuery>,
    isWhole?: boolean,
  ): Promise<{ readonly rows: DeviceEvent[]; readonly next?: string }>;
}

interface Row {
  readonly kind: DeviceEvent['kind'];
  readonly id: string;
  readonly at: Date;
  readonly capability: string | null;
  readonly name: string;
  readonly severity: DeviceEvent['severity'];
  readonly data: Record<string, unknown>;
}

/** One line of time out of the tables of four features; it only reads. */
export function createHistory({ store }: { readonly store: Store }): History {
  return {
    eventsOf: async (deviceId, { cursor, limit }, isWhole = true) => {
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      if (cursor !== undefined && typeof after?.key !== 'number') {
        throw new InvalidInputError('cursor', 'this cursor belongs to another list; start without one');
      }
      const { rows } = await lines(
        { device: deviceId, isWhole },
        limit + 1,
        after as { key: number; id: string } | undefined,
      ).execute(store.db);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const view = page.map(toEvent);
      if (!last || rows.length <= limit) return { rows: view };
      return { rows: view, next: encodeCursor({ key: last.at.getTime(), id: placeOf(last) }) };
    },
  };
}

function placeOf({ kind, id }: Pick<Row, 'kind' | 'id'>): string {
  return `${kind}/${id}`;
}

function toEvent(row: Row): DeviceEvent {
  return {
    id: placeOf(row),
    at: row.at.toISOString(),
    kind: row.kind,
    ...(row.capability === null ? {} : { capability: row.capability }),
    name: row.name,
    severity: row.severity,
    data: row.data,
  };
}

/** Times are compared in whole milliseconds, as the cursor carries them; each branch uses its own index and limit. */
function lines(
  { device, isWhole }: { readonly device: string; readonly isWhole: boolean },
  limit: number,
  after: { readonly key: number; readonly id: string } | undefined,
) {
  const branch = (kind: DeviceEvent['kind'], id: string, at: string) => {
    const time = sql`date_trunc('milliseconds', ${sql.ref(at)})`;
    const place = sql`${kind} || '/' || ${sql.ref(id)}::text`;
    const beyond = after
      ? sql<SqlBool>`(${time}, ${place}) < (${new Date(after.key)}::timestamptz, ${after.id})`
      : sql<SqlBool>`true`;
    return { time, place, tail: sql`and ${beyond} order by ${time} desc, ${place} desc limit ${limit}` };
  };
  const event = branch('event', 'event.id', 'event.at');
  const inventory = branch('inventory', 'inventory_change.id', 'inventory_change.at');
  const command = branch('command', 'command.id', 'command.created_at');
  const cause = branch('cause', 'cause.id', 'cause.opened_at');
  return sql<Row>`
    select kind, id, at, capability, name, severity, data from (
      (select 'event' as kind, event.id::text as id, ${event.time} as at, ${event.place} as place, event.capability, event.name, event.severity, event.data
        from event where event.device_id = ${device} ${event.tail})
      union all
      (select 'inventory', inventory_change.id::text, ${inventory.time}, ${inventory.place}, null, inventory_change.field, 'info',
          jsonb_build_object('before', inventory_change.before, 'after', inventory_change.after)
        from inventory_change where inventory_change.device_id = ${device} ${inventory.tail})
      union all
      (select 'command', command.id, ${command.time}, ${command.place}, command.capability, command.name,
          case when command.state in ('failed', 'unknown') then 'warning' else 'info' end,
          jsonb_build_object('state', command.state, 'by', command.created_by, 'problem', command.problem)
        from command where command.device_id = ${device} ${command.tail})
      union all
      (select 'cause', cause.id, ${cause.time}, ${cause.place}, null, cause.kind, 'warning',
          jsonb_build_object('code', cause.code, 'resolvedAt', cause.resolved_at, 'affected', case when ${isWhole}::boolean then cause.affected_peak else least(cause.affected_peak, 1) end)
        from cause where (cause.device_id = ${device}
          or (${isWhole}::boolean and cause.device_id is null and cause.agent_id = (select agent_id from device where device.id = ${device}))) ${cause.tail})
    ) line
    order by at desc, place desc limit ${limit}`;
}
