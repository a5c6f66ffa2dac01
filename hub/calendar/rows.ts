import { sql } from 'kysely';
import type { CalendarLayer, CalendarVersion } from '../../protocols/api/operation/calendar.ts';
import type { Actor } from '../access/index.ts';
import type { Queries, Trx } from '../store/index.ts';

const mostVersions = 50;

/** What a unit sets now. */
export interface Standing {
  readonly unitId: number;
  readonly version: number;
  readonly layer: CalendarLayer | undefined;
  readonly at: Date;
  readonly by: string;
  readonly reason: string;
}

interface Row {
  readonly unit_id: number;
  readonly version: number;
  readonly layer: CalendarLayer | null;
  readonly at: Date;
  readonly actor_name: string;
  readonly reason: string;
}

const columns = ['unit_id', 'version', 'layer', 'at', 'actor_name', 'reason'] as const;

function standingOf({ unit_id: unitId, version, layer, at, actor_name: by, reason }: Row): Standing {
  return { unitId, version, layer: layer ?? undefined, at, by, reason };
}

export function versionOf({ version, layer, at, by, reason }: Standing): CalendarVersion {
  return { version, at: at.toISOString(), by, reason, ...(layer ? { layer } : {}) };
}

/** The last version of each unit, or of some. */
export async function readStanding(db: Queries, unitIds?: readonly number[]): Promise<Standing[]> {
  const rows = await db
    .selectFrom('calendar_version')
    .select(columns)
    .distinctOn('unit_id')
    .$if(unitIds !== undefined, (query) => query.where('unit_id', 'in', unitIds ?? []))
    .orderBy('unit_id')
    .orderBy('version', 'desc')
    .execute();
  return rows.map(standingOf);
}

/** Newest first. */
export async function readVersions(db: Queries, unitId: number): Promise<CalendarVersion[]> {
  const rows = await db
    .selectFrom('calendar_version')
    .select(columns)
    .where('unit_id', '=', unitId)
    .orderBy('version', 'desc')
    .limit(mostVersions)
    .execute();
  return rows.map((row) => versionOf(standingOf(row)));
}

export async function readVersion(db: Queries, unitId: number, version: number): Promise<Standing | undefined> {
  const row = await db
    .selectFrom('calendar_version')
    .select(columns)
    .where('unit_id', '=', unitId)
    .where('version', '=', version)
    .executeTakeFirst();
  return row ? standingOf(row) : undefined;
}

/** One change of calendars at a time over all hubs, so that what was checked against those above still stands. */
export async function lockCalendars(trx: Trx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${7_314_215})`.execute(trx);
}

export async function insertVersion(
  trx: Trx,
  { unitId, version, layer, at, reason }: Omit<Standing, 'by'>,
  actor: Pick<Actor, 'id' | 'name'>,
): Promise<void> {
  await trx
    .insertInto('calendar_version')
    .values({
      unit_id: unitId,
      version,
      layer: layer ? JSON.stringify(layer) : null,
      at,
      actor: actor.id,
      actor_name: actor.name,
      reason,
    })
    .execute();
}
