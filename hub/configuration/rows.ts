import { sql } from 'kysely';
import type { DriftRow } from '../../protocols/api/operation/configuration.ts';
import { type Scope, scopeCondition } from '../access/index.ts';
import type { Store, Trx } from '../store/index.ts';
import type { Cursor } from '../store/page.ts';
import { searchCondition } from '../store/search.ts';
import type { WishedValue } from '../store/tables/configuration.ts';
import type { CheckedChange } from './check.ts';
import type { Place, Wish } from './layers.ts';

type Reader = Store['db'] | Trx;

function wishOf(row: {
  unit_id: number | null;
  family: string;
  device_id: string | null;
  key: string;
  value: unknown;
  keeping: Wish['keeping'];
  set_by: string;
  set_at: Date;
}): Wish {
  const place: Place =
    row.unit_id === null
      ? { device: row.device_id ?? '' }
      : { unit: row.unit_id, ...(row.family === '' ? {} : { family: row.family }) };
  return { place, key: row.key, value: row.value, keeping: row.keeping, setBy: row.set_by, setAt: row.set_at };
}

/** The wishes that reach what lies at or under these paths: those of the units above, within, and of devices there. */
export async function readWishes(db: Reader, paths: readonly string[]): Promise<Wish[]> {
  if (paths.length === 0) return [];
  const under = paths.map((path) => sql<boolean>`unit.path like ${`${path}%`}`);
  const above = paths.map((path) => sql<boolean>`${path} like unit.path || '%'`);
  const units = await db
    .selectFrom('configuration_wish as wish')
    .innerJoin('unit', 'unit.id', 'wish.unit_id')
    .selectAll('wish')
    .where(sql<boolean>`(${sql.join([...under, ...above], sql` or `)})`)
    .execute();
  const devices = await db
    .selectFrom('configuration_wish as wish')
    .innerJoin('device', 'device.id', 'wish.device_id')
    .innerJoin('unit', 'unit.id', 'device.unit_id')
    .selectAll('wish')
    .where(sql<boolean>`(${sql.join(under, sql` or `)})`)
    .execute();
  return [...units, ...devices].map(wishOf);
}

/** What the devices under a path say of one capability: its state, or undefined where they offer it and told none yet. */
export async function readStates(
  db: Reader,
  path: string,
  capability: string,
): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>> | undefined>> {
  const rows = await db
    .selectFrom('device')
    .innerJoin('unit', 'unit.id', 'device.unit_id')
    .leftJoin('twin', (join) => join.onRef('twin.device_id', '=', 'device.id').on('twin.capability', '=', capability))
    .leftJoin('inventory', 'inventory.device_id', 'device.id')
    .select(['device.id', 'twin.state'])
    .where(sql<boolean>`unit.path like ${`${path}%`}`)
    .where(sql<boolean>`(twin.state is not null or inventory.descriptor -> 'capabilities' ? ${capability})`)
    .execute();
  return new Map(rows.map(({ id, state }) => [id, state ?? undefined]));
}

/** Takes the wishes of one place and returns what each key was before. */
export async function writeWishes(
  trx: Trx,
  place: Place,
  changes: readonly CheckedChange[],
  by: { readonly name: string; readonly at: Date },
): Promise<ReadonlyMap<string, WishedValue>> {
  const column = 'unit' in place ? 'unit_id' : 'device_id';
  const id = 'unit' in place ? place.unit : place.device;
  const family = ('unit' in place && place.family) || '';
  const before = await trx
    .selectFrom('configuration_wish')
    .select(['key', 'value', 'keeping'])
    .where(column, '=', id)
    .where('family', '=', family)
    .where(
      'key',
      'in',
      changes.map(({ key }) => key),
    )
    .forUpdate()
    .execute();
  await trx
    .deleteFrom('configuration_wish')
    .where(column, '=', id)
    .where('family', '=', family)
    .where(
      'key',
      'in',
      changes.map(({ key }) => key),
    )
    .execute();
  const rows = changes.flatMap(({ key, after }) =>
    after
      ? [
          {
            [column]: id,
            family,
            key,
            value: JSON.stringify(after.value),
            keeping: after.keeping,
            set_by: by.name,
            set_at: by.at,
          },
        ]
      : [],
  );
  if (rows.length > 0) await trx.insertInto('configuration_wish').values(rows).execute();
  return new Map(before.map(({ key, value, keeping }) => [key, { value, keeping }]));
}

interface Drifting {
  readonly device_id: string;
  readonly key: string;
  readonly standing: DriftRow['standing'];
  readonly since: number;
  readonly tries: number;
  readonly problem: DriftRow['problem'] | null;
  readonly name: string;
  readonly name_sort: string;
  readonly unit_id: number;
  readonly total: number;
}

/** Settings that are not as wished, as the agents told them, by name of the device; one row more than asked. */
export async function readDrift(
  db: Reader,
  scope: Scope,
  page: { readonly limit: number; readonly after: Cursor | undefined; readonly words: readonly string[] },
): Promise<readonly Drifting[]> {
  const { rows } = await sql<Drifting>`
    with drift as (
      select device.id as device_id, device.name, device.name_sort, device.unit_id, row ->> 'key' as key,
        row ->> 'standing' as standing, (row ->> 'since')::float8 as since, (row ->> 'tries')::int as tries, row -> 'problem' as problem
      from twin
      join device on device.id = twin.device_id
      join unit on unit.id = device.unit_id
      cross join lateral jsonb_array_elements(twin.state -> 'settings') as row
      where twin.capability = 'configuration' and device.lifecycle in ('in-service', 'maintenance')
        and row ->> 'standing' in ('differs', 'failed', 'contested', 'impossible')
        and ${scopeCondition(scope, 'unit.path')} and ${searchCondition(['device.search', 'unit.place_folded'], page.words)})
    select *, (select count(*)::int from drift) as total from drift
    where ${
      page.after
        ? sql<boolean>`(name_sort collate "C", device_id || ' ' || key) > (${page.after.key}, ${page.after.id})`
        : sql<boolean>`true`
    }
    order by name_sort collate "C", device_id || ' ' || key
    limit ${page.limit + 1}`.execute(db);
  return rows;
}
