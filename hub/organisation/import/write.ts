import { sql } from 'kysely';
import { fold } from '../../../protocols/api/fold.ts';
import { type Actor, ConflictError } from '../../access/index.ts';
import type { Trx } from '../../store/index.ts';
import { sortKey } from '../../store/sort-key.ts';
import type { Written } from '../organisation.ts';
import { rename } from '../reshape.ts';
import { deleteUnits, factsOf, insertUnits, newNode, takeIds, updateUnits } from '../rows.ts';
import type { UnitNode, UnitTree } from '../tree.ts';
import { note } from '../work.ts';
import type { RowChange, RowUnit, UnitPlan } from './plan.ts';

/** Rows a statement. */
const batchRows = 2_000;

export interface ImportContext {
  readonly actor: Pick<Actor, 'id' | 'name'>;
  readonly into: number;
  readonly fileName: string;
  readonly reason: string;
  readonly at: Date;
  readonly today: string;
}

/** Writes what a plan makes and changes, and keeps both sides of it so that it can be undone. Returns the import's number. */
export async function writePlan(
  trx: Trx,
  tree: UnitTree,
  plan: UnitPlan,
  context: ImportContext,
): Promise<Written<number>> {
  const made = await makeUnits(trx, plan.made, false);
  const changes = applyChanges(tree, plan.changed);
  await updateUnits(trx, [...changes.put.values()]);
  await note({ trx, day: context.today, at: context.at, actor: context.actor, reason: context.reason }, changes.notes);
  const { id } = await trx
    .insertInto('unit_import')
    .values({
      at: context.at,
      actor: context.actor.id,
      actor_name: context.actor.name,
      unit_id: context.into,
      file_name: context.fileName,
      created: made.length,
      changed: changes.notes.length,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const items = [
    ...made.map((unit) => ({ import_id: id, unit_id: unit.id, before: null, after: JSON.stringify(keptOf(unit)) })),
    ...changes.notes.map(({ before, after }) => ({
      import_id: id,
      unit_id: after.id,
      before: JSON.stringify(keptOf(before)),
      after: JSON.stringify(keptOf(after)),
    })),
  ];
  for (let start = 0; start < items.length; start += batchRows)
    await trx
      .insertInto('unit_import_item')
      .values(items.slice(start, start + batchRows))
      .execute();
  return { put: [...made, ...changes.put.values()], removed: [], result: id };
}

/** Writes the units that rows make, parents first. */
export async function makeUnits(trx: Trx, rows: readonly RowUnit[], sample: boolean): Promise<readonly UnitNode[]> {
  const ids = await takeIds(trx, rows.length);
  const nodes = new Map<RowUnit, UnitNode>();
  for (const [index, row] of rows.entries()) {
    const parent = 'id' in row.parent ? row.parent : nodes.get(row.parent);
    const { kind, name, code, type, floor, aliases, validFrom } = row;
    const id = ids[index] ?? 0;
    nodes.set(row, newNode({ id, kind, name, code, type, floor, aliases, validFrom, parent, sample }));
  }
  const made = [...nodes.values()];
  await insertUnits(trx, made);
  return made;
}

/** Facts and other names: what an undo brings back. */
function keptOf(unit: UnitNode) {
  return { ...factsOf(unit), aliases: unit.aliases };
}

function applyChanges(tree: UnitTree, changed: readonly RowChange[]) {
  const put = new Map<number, UnitNode>();
  const notes: { before: UnitNode; after: UnitNode; kind: 'renamed' }[] = [];
  for (const { unit, name, code, type, floor, aliases } of changed) {
    // A change further up may have given it another place already.
    const now = put.get(unit.id) ?? unit;
    const isRenamed = name !== unit.name || code !== unit.code || type !== unit.type || floor !== unit.floor;
    const units = isRenamed
      ? rename(tree, now, { name, code: code ?? null, type: type ?? null, floor: floor ?? null }).units
      : [now];
    for (const one of units) {
      const after = one.id === unit.id ? { ...one, aliases } : one;
      tree.put(after);
      put.set(after.id, after);
    }
    notes.push({ before: unit, after: put.get(unit.id) ?? unit, kind: 'renamed' });
  }
  return { put, notes };
}

/**
 * Takes an import back: units that it made go, units that it changed are as before. Throws ConflictError, naming what was
 * built on it since.
 */
export async function undoImport(
  trx: Trx,
  tree: UnitTree,
  id: number,
  by: { readonly actor: string; readonly at: Date },
): Promise<Written<void>> {
  const items = await trx.selectFrom('unit_import_item').selectAll().where('import_id', '=', id).execute();
  const made = items.filter(({ before }) => before === null).map(({ unit_id: unit }) => unit);
  const touched = items.find(({ unit_id: unit, after }) => {
    const now = tree.get(unit);
    return !now || !isSame(factsOf(now), after);
  });
  if (touched)
    throw new ConflictError(`${tree.get(touched.unit_id)?.name ?? 'A unit'} was changed since: the import stays.`);
  await requireUnused(trx, tree, made, id);
  const restored = items.flatMap(({ unit_id: unit, before }) => {
    const now = tree.get(unit);
    return now && before ? restore(tree, now, before) : [];
  });
  const put = new Map(restored.map((unit) => [unit.id, unit]));
  await updateUnits(trx, [...put.values()]);
  const changed = items.filter(({ before }) => before !== null).map(({ unit_id: unit }) => unit);
  await deleteNotes(trx, changed, id);
  await deleteUnits(trx, made);
  await trx.updateTable('unit_import').set({ undone_at: by.at, undone_by: by.actor }).where('id', '=', id).execute();
  return { put: [...put.values()], removed: made, result: undefined };
}

function isSame(now: object, then: object): boolean {
  const kept = then as Readonly<Record<string, unknown>>;
  return Object.entries(now).every(([key, value]) => kept[key] === value);
}

function restore(
  tree: UnitTree,
  now: UnitNode,
  before: {
    readonly name: string;
    readonly code: string | null;
    readonly type: string | null;
    readonly floor: string | null;
  },
): readonly UnitNode[] {
  const aliases = 'aliases' in before && Array.isArray(before.aliases) ? before.aliases.map(String) : [];
  const isRenamed =
    before.name !== now.name ||
    before.code !== (now.code ?? null) ||
    before.type !== (now.type ?? null) ||
    before.floor !== (now.floor ?? null);
  const units = isRenamed ? rename(tree, now, before).units : [now];
  const put = units.map((unit) =>
    unit.id === now.id
      ? { ...unit, aliases, folded: fold(`${unit.name} ${unit.code ?? ''}`), sortKey: sortKey(unit.name) }
      : unit,
  );
  for (const unit of put) tree.put(unit);
  return put;
}

async function deleteNotes(trx: Trx, units: readonly number[], id: number): Promise<void> {
  await sql`
    delete from unit_change using unit_import
    where unit_import.id = ${id} and unit_change.at = unit_import.at and unit_change.kind = 'renamed'
      and unit_change.unit_id = any(${units}::int[])`.execute(trx);
}

/** Everything that may name a unit. */
const users = ['agent', 'device', 'voucher', 'role_grant', 'cause', 'audit_entry', 'unit_change'] as const;

/** Throws ConflictError, naming what was built on one of these units. An import with this number is their own. */
export async function requireUnused(trx: Trx, tree: UnitTree, made: readonly number[], id?: number): Promise<void> {
  const ours = new Set(made);
  for (const unit of made) {
    const child = tree.childrenOf(unit).find((below) => !ours.has(below.id));
    if (child)
      throw new ConflictError(`${child.name} was added under ${tree.get(unit)?.name} since: the import stays.`);
  }
  for (const table of users) {
    const found = await sql<{ unit_id: number }>`
      select unit_id from ${sql.table(table)} where unit_id = any(${made}::int[]) limit 1`.execute(trx);
    const [first] = found.rows;
    if (first)
      throw new ConflictError(
        `${tree.get(first.unit_id)?.name ?? 'A unit'} is in use since (${table.replace('_', ' ')}): the import stays.`,
      );
  }
  const later = await sql<{ name: string }>`
    select unit.name from unit_line join unit on unit.id = unit_line.unit_id
    where unit_line.authority_id = any(${made}::int[]) or unit_line.unit_id = any(${made}::int[])
    union all select unit.name from unit_import_item item join unit on unit.id = item.unit_id
    join unit_import later on later.id = item.import_id and later.undone_at is null
    where item.import_id > ${id ?? 0} and item.before is not null and item.unit_id = any(${made}::int[])
    union all select file_name from unit_import where id <> ${id ?? 0} and unit_id = any(${made}::int[]) and undone_at is null
    limit 1`.execute(trx);
  const [first] = later.rows;
  if (first) throw new ConflictError(`${first.name} was built on it since: the import stays.`);
}
