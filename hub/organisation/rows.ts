import { type Selectable, sql } from 'kysely';
import { fold } from '../../protocols/api/fold.ts';
import type { Queries, Trx } from '../store/index.ts';
import { sortKey } from '../store/sort-key.ts';
import type { UnitFacts } from '../store/tables/organisation.ts';
import type { Tables } from '../store/tables.ts';
import { placeUnder, type UnitNode } from './tree.ts';

/** Rows a statement: bounds the text that the database is sent at once. */
const batchRows = 1_000;

/**
 * One writer of the organisation at a time, over all hubs: whoever holds this reads the tree from the database and may
 * rely on it until the commit.
 */
export async function lockOrganisation(trx: Trx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('edufleet'), hashtext('organisation'))`.execute(trx);
}

/** All units, or those with these ids. */
export async function readUnits(db: Queries, ids?: readonly number[]): Promise<UnitNode[]> {
  const of = <T>(rows: readonly (T & { readonly unit_id: number })[]) => Map.groupBy(rows, ({ unit_id }) => unit_id);
  let units = db.selectFrom('unit').selectAll();
  let aliases = db.selectFrom('unit_alias').select(['unit_id', 'name']).orderBy('id');
  let lines = db.selectFrom('unit_line').select(['unit_id', 'authority_id']).where('valid_to', 'is', null);
  if (ids) {
    if (ids.length === 0) return [];
    units = units.where('id', 'in', ids);
    aliases = aliases.where('unit_id', 'in', ids);
    lines = lines.where('unit_id', 'in', ids);
  }
  const rows = await units.execute();
  const aliasesOf = of(await aliases.execute());
  const linesOf = of(await lines.execute());
  return rows.map((row) =>
    nodeOf(
      row,
      (aliasesOf.get(row.id) ?? []).map(({ name }) => name),
      linesOf.get(row.id)?.[0]?.authority_id,
    ),
  );
}

/** These units and all above them. */
export async function idsAbove(trx: Trx, ids: readonly number[]): Promise<number[]> {
  const rows = await trx.selectFrom('unit').select('path').where('id', 'in', ids).execute();
  return [...new Set(rows.flatMap(({ path }) => path.split('/').filter((part) => part !== '')))].map(Number);
}

/** A unit that is to be made, its id already taken. */
export interface NewUnit {
  readonly id: number;
  readonly kind: UnitNode['kind'];
  readonly name: string;
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  readonly floor?: string | undefined;
  readonly validFrom: string;
  readonly parent: Pick<UnitNode, 'id' | 'path' | 'place'> | undefined;
  readonly aliases?: readonly string[];
  readonly sample: boolean;
}

export function newNode(unit: NewUnit): UnitNode {
  const { id, kind, name, code, type, floor, parent, validFrom, aliases = [], sample } = unit;
  return {
    id,
    parent: parent?.id,
    ...placeUnder(parent, id, name),
    kind,
    code,
    type,
    floor,
    name,
    folded: fold(`${name} ${code ?? ''}`),
    sortKey: sortKey(name),
    sample,
    validFrom,
    validTo: undefined,
    successor: undefined,
    aliases,
    line: undefined,
  };
}

/** Ids that no other unit will have. */
export async function takeIds(trx: Trx, count: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select nextval(pg_get_serial_sequence('unit', 'id'))::int as id from generate_series(1, ${count}::int)`.execute(
    trx,
  );
  return rows.map(({ id }) => id);
}

/** Writes units that are new, parents before what lies under them. */
export async function insertUnits(trx: Trx, units: readonly UnitNode[]): Promise<void> {
  for (let start = 0; start < units.length; start += batchRows) {
    const batch = units.slice(start, start + batchRows);
    await sql`
      insert into unit (id, parent_id, path, kind, code, type, floor, name, name_folded, name_sort, place_folded, sample,
        valid_from, valid_to, successor_id)
      overriding system value
      select id, parent_id, path, kind, code, type, floor, name, name_folded, name_sort, place_folded, sample,
        valid_from, valid_to, successor_id
      from jsonb_to_recordset(${JSON.stringify(batch.map(rowOf))}::jsonb) as r (${columnTypes})`.execute(trx);
    await insertAliases(trx, batch);
  }
}

/** Writes units that are there already, all their columns and other names. */
export async function updateUnits(trx: Trx, units: readonly UnitNode[]): Promise<void> {
  for (let start = 0; start < units.length; start += batchRows) {
    const batch = units.slice(start, start + batchRows);
    await sql`
      update unit set parent_id = r.parent_id, path = r.path, code = r.code, type = r.type, floor = r.floor, name = r.name,
        name_folded = r.name_folded, name_sort = r.name_sort, place_folded = r.place_folded, valid_from = r.valid_from,
        valid_to = r.valid_to, successor_id = r.successor_id
      from jsonb_to_recordset(${JSON.stringify(batch.map(rowOf))}::jsonb) as r (${columnTypes})
      where unit.id = r.id`.execute(trx);
    await trx
      .deleteFrom('unit_alias')
      .where(
        'unit_id',
        'in',
        batch.map(({ id }) => id),
      )
      .execute();
    await insertAliases(trx, batch);
  }
}

/** Deletes units that nothing names; whatever lies under one of them is among them. */
export async function deleteUnits(trx: Trx, ids: readonly number[]): Promise<void> {
  await sql`delete from unit_alias where unit_id = any(${ids}::int[])`.execute(trx);
  await sql`delete from unit where id = any(${ids}::int[])`.execute(trx);
}

async function insertAliases(trx: Trx, units: readonly UnitNode[]): Promise<void> {
  const rows = units.flatMap(({ id, aliases }) => [...new Set(aliases)].map((name) => ({ unit_id: id, name })));
  for (let start = 0; start < rows.length; start += batchRows)
    await trx
      .insertInto('unit_alias')
      .values(rows.slice(start, start + batchRows))
      .execute();
}

const columnTypes = sql.raw(
  'id int, parent_id int, path text, kind text, code text, type text, floor text, name text, name_folded text, ' +
    'name_sort text, place_folded text, sample boolean, valid_from text, valid_to text, successor_id int',
);

function rowOf(unit: UnitNode) {
  return {
    id: unit.id,
    parent_id: unit.parent ?? null,
    path: unit.path,
    kind: unit.kind,
    code: unit.code ?? null,
    type: unit.type ?? null,
    floor: unit.floor ?? null,
    name: unit.name,
    name_folded: unit.folded,
    name_sort: unit.sortKey,
    place_folded: unit.place,
    sample: unit.sample,
    valid_from: unit.validFrom,
    valid_to: unit.validTo ?? null,
    successor_id: unit.successor ?? null,
  };
}

function nodeOf(row: Selectable<Tables['unit']>, aliases: readonly string[], line: number | undefined): UnitNode {
  return {
    id: row.id,
    parent: row.parent_id ?? undefined,
    path: row.path,
    kind: row.kind,
    code: row.code ?? undefined,
    type: row.type ?? undefined,
    floor: row.floor ?? undefined,
    name: row.name,
    folded: row.name_folded,
    place: row.place_folded,
    sortKey: row.name_sort,
    sample: row.sample,
    validFrom: row.valid_from,
    validTo: row.valid_to ?? undefined,
    successor: row.successor_id ?? undefined,
    aliases,
    line,
  };
}

/** What the history keeps of a unit. */
export function factsOf(unit: UnitNode, other?: number): UnitFacts {
  return {
    name: unit.name,
    code: unit.code ?? null,
    type: unit.type ?? null,
    floor: unit.floor ?? null,
    parent: unit.parent ?? null,
    validTo: unit.validTo ?? null,
    ...(other === undefined ? {} : { other }),
  };
}
