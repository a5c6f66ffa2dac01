import { sql } from 'kysely';
import type { z } from 'zod';
import type { changeUnitBody } from '../../protocols/api/organisation/changes.ts';
import {
  type Actor,
  ConflictError,
  ForbiddenError,
  InvalidInputError,
  inScope,
  NotFoundError,
  type Scope,
} from '../access/index.ts';
import type { Trx } from '../store/index.ts';
import type { UnitChangeKind } from '../store/organisation-tables.ts';
import { readAgentsGoing, rehomeAgents } from './passengers.ts';
import { close, merge, move, type Reshape, rename, requireOpen } from './reshape.ts';
import { factsOf, lockOrganisation, readUnits, updateUnits } from './rows.ts';
import { type UnitNode, UnitTree } from './tree.ts';

/** Rows a statement. */
const noteRows = 1_000;

export type ChangeUnit = z.output<typeof changeUnitBody>;

/** What a change came to, inside its transaction. */
export interface Changed {
  /** All units as they are afterwards. */
  readonly tree: UnitTree;
  readonly units: readonly UnitNode[];
  readonly rehomed: Reshape['rehomed'];
  /** Agents that went along to another unit by name. */
  readonly agents: readonly (readonly [agentId: string, unitId: number])[];
  readonly effects: Effects;
  /** Units that an audit entry is written about. */
  readonly about: readonly number[];
}

interface Effects {
  readonly units: number;
  readonly agents: number;
  readonly devices: number;
  readonly people: number;
  readonly vouchers: number;
}

export interface ChangeContext {
  readonly scope: Scope;
  readonly actor: Pick<Actor, 'id' | 'name'>;
  /** Today in Viet Nam. */
  readonly today: string;
  readonly at: Date;
}

interface Work extends ChangeContext {
  readonly trx: Trx;
  readonly tree: UnitTree;
  readonly unit: UnitNode;
  readonly day: string;
  readonly reason: string;
}

/**
 * Changes one unit, and in the same transaction whatever hangs on it: paths of its subtree, and after a merge the agents,
 * devices, vouchers, roles and causes. Nothing is done to agents themselves. Throws NotFoundError, InvalidInputError,
 * ForbiddenError or ConflictError.
 */
export async function changeUnit(trx: Trx, id: number, body: ChangeUnit, context: ChangeContext): Promise<Changed> {
  await lockOrganisation(trx);
  const tree = new UnitTree(await readUnits(trx));
  const unit = tree.get(id);
  if (!unit || !inScope(context.scope, unit.path)) throw new NotFoundError();
  const day = body.effective ?? context.today;
  const work: Work = { ...context, trx, tree, unit, day, reason: body.reason };
  await requireDay(work);
  switch (body.change.kind) {
    case 'rename':
      requireAbove(work, unit);
      return settle(work, rename(tree, unit, body.change), 'renamed');
    case 'aliases':
      requireAbove(work, unit);
      return settle(work, { units: [{ ...requireOpen(unit), aliases: body.change.names }], rehomed: [] }, undefined);
    case 'move':
      return moveUnit(work, body.change.parent, body.change.agents ?? []);
    case 'merge':
      return mergeUnits(work, body.change.from);
    case 'close':
      requireAbove(work, unit);
      await requireEmpty(work);
      return settle(work, close(tree, unit, day), 'closed');
    case 'line':
      requireAbove(work, unit);
      return lead(work, body.change.authority);
  }
}

/** Whoever is in charge of a unit alone does not decide about it: that is for those above. A room is of its school. */
function requireAbove({ scope, tree }: Work, unit: UnitNode): void {
  const parent = unit.parent === undefined ? undefined : tree.get(unit.parent);
  if (parent && !inScope(scope, parent.path))
    throw new ForbiddenError(`About ${unit.name} itself decides who is in charge of what stands above it.`);
}

/** The past may be written down late, but in its order; the future may not. Throws InvalidInputError or ConflictError. */
async function requireDay({ trx, unit, day, today }: Work): Promise<void> {
  if (day > today)
    throw new InvalidInputError('effective', 'A change is written down on its day or later, not before.');
  if (day < unit.validFrom)
    throw new ConflictError(`${unit.name} exists since ${unit.validFrom}, so nothing happened to it on ${day}.`);
  const last = await trx
    .selectFrom('unit_change')
    .select((eb) => eb.fn.max('effective').as('day'))
    .where('unit_id', '=', unit.id)
    .executeTakeFirst();
  if (last?.day && last.day > day)
    throw new ConflictError(`Something happened to ${unit.name} on ${last.day}; a change before that comes too late.`);
}

async function moveUnit(work: Work, parentId: number, agentIds: readonly string[]): Promise<Changed> {
  const { tree, unit, scope } = work;
  requireAbove(work, unit);
  const parent = tree.get(parentId);
  if (!parent || !inScope(scope, parent.path)) throw new InvalidInputError('change.parent', 'There is no such unit.');
  const reshape = move(tree, unit, parent);
  const school = (of: UnitNode) => tree.trail(of.id).find(({ kind }) => kind === 'school');
  const [from, to] = [school(unit), school(parent)];
  const leavesSchool = unit.kind !== 'school' && from !== undefined && to !== undefined && from.id !== to.id;
  if (!leavesSchool && agentIds.length > 0)
    throw new InvalidInputError('change.agents', 'Agents are named only when rooms go to another school.');
  const going = leavesSchool ? await readAgentsGoing(work.trx, unit, to, agentIds) : [];
  const changed = await settle(work, reshape, 'moved');
  await rehomeAgents(work.trx, going);
  return { ...changed, agents: going.map(({ id, to: unitId }) => [id, unitId] as const) };
}

async function mergeUnits(work: Work, ids: readonly number[]): Promise<Changed> {
  const { trx, tree, unit, scope, day } = work;
  requireAbove(work, unit);
  const from = [...new Set(ids)].map((id) => {
    const other = tree.get(id);
    if (!other || !inScope(scope, other.path)) throw new InvalidInputError('change.from', 'There is no such unit.');
    requireAbove(work, other);
    return other;
  });
  for (const other of from) await requireDay({ ...work, unit: other });
  const reshape = merge(tree, unit, from, day);
  // Whoever places something there at this moment waits, and then finds the successor.
  const fromIds = from.map(({ id }) => id);
  await trx.selectFrom('unit').select('id').where('id', 'in', fromIds).orderBy('id').forUpdate().execute();
  const effects = await countEffects(trx, from);
  await write(work, reshape);
  await endLines(trx, fromIds, day);
  for (const other of from) {
    await follow(trx, other.id, unit.id);
    await note(work, [
      { before: other, after: { ...other, validTo: day }, kind: 'merged-into', other: unit.id },
      { before: unit, after: unit, kind: 'absorbed', other: other.id },
      ...tree
        .childrenOf(other.id)
        .map((child) => ({ before: child, after: { ...child, parent: unit.id }, kind: 'moved' as const })),
    ]);
  }
  return finish(work, reshape, effects, [unit.id, ...fromIds]);
}

/** Everything that names a unit names its successor from now on, but the audit log, which says what was. */
async function follow(trx: Trx, from: number, to: number): Promise<void> {
  await trx.updateTable('voucher').set({ unit_id: to }).where('unit_id', '=', from).execute();
  await trx.updateTable('agent').set({ unit_id: to }).where('unit_id', '=', from).execute();
  await trx.updateTable('device').set({ unit_id: to }).where('unit_id', '=', from).execute();
  await trx.updateTable('cause').set({ unit_id: to }).where('unit_id', '=', from).execute();
  await sql`
    insert into role_grant (user_id, role, unit_id, granted_at, until, granted_by)
    select user_id, role, ${to}, granted_at, until, granted_by from role_grant where unit_id = ${from}
    on conflict (user_id, role, unit_id) do update
      set until = case when role_grant.until is null or excluded.until is null then null
        else greatest(role_grant.until, excluded.until) end`.execute(trx);
  await trx.deleteFrom('role_grant').where('unit_id', '=', from).execute();
  await trx.updateTable('unit').set({ successor_id: to }).where('successor_id', '=', from).execute();
  await trx
    .updateTable('unit_line')
    .set({ authority_id: to })
    .where('authority_id', '=', from)
    .where('valid_to', 'is', null)
    .execute();
}

/** A unit is closed when nobody works with it any more. Throws ConflictError. */
async function requireEmpty({ trx, unit }: Work): Promise<void> {
  const under = `${unit.path}%`;
  const agents = await trx
    .selectFrom('agent')
    .innerJoin('unit', 'unit.id', 'agent.unit_id')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('unit.path', 'like', under)
    .where('agent.status', '<>', 'revoked')
    .executeTakeFirstOrThrow();
  const devices = await trx
    .selectFrom('device')
    .innerJoin('unit', 'unit.id', 'device.unit_id')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('unit.path', 'like', under)
    .where('device.lifecycle', '<>', 'retired')
    .executeTakeFirstOrThrow();
  if (agents.count + devices.count > 0)
    throw new ConflictError(
      `${agents.count} agents and ${devices.count} devices are still there. Move or merge the unit, or revoke and retire them first.`,
    );
}

async function lead(work: Work, authorityId: number | null): Promise<Changed> {
  const { trx, tree, unit, day } = work;
  requireOpen(unit);
  if (unit.kind !== 'school') throw new InvalidInputError('change.kind', 'A professional line is for schools.');
  const authority = authorityId === null ? undefined : tree.get(authorityId);
  if (authorityId !== null && !authority) throw new InvalidInputError('change.authority', 'There is no such unit.');
  if (
    authority &&
    (requireOpen(authority).kind === 'building' || authority.kind === 'room' || authority.kind === 'school')
  )
    throw new InvalidInputError('change.authority', 'A school is led by an office, a commune or the province.');
  if (authority?.id === unit.line) throw new ConflictError('It is led so already.');
  await endLines(trx, [unit.id], day);
  if (authority)
    await trx
      .insertInto('unit_line')
      .values({ unit_id: unit.id, authority_id: authority.id, valid_from: day })
      .execute();
  await note(work, [{ before: unit, after: unit, kind: 'line', other: authority?.id, otherBefore: unit.line }]);
  return finish(work, { units: [{ ...unit, line: authority?.id }], rehomed: [] }, await countEffects(trx, [unit]), [
    unit.id,
  ]);
}

async function endLines(trx: Trx, unitIds: readonly number[], day: string): Promise<void> {
  // One that began on this very day never held.
  await trx
    .deleteFrom('unit_line')
    .where('unit_id', 'in', unitIds)
    .where('valid_to', 'is', null)
    .where('valid_from', '>=', day)
    .execute();
  await trx
    .updateTable('unit_line')
    .set({ valid_to: day })
    .where('unit_id', 'in', unitIds)
    .where('valid_to', 'is', null)
    .execute();
}

async function settle(work: Work, reshape: Reshape, kind: UnitChangeKind | undefined): Promise<Changed> {
  const effects = await countEffects(work.trx, [work.unit]);
  await write(work, reshape);
  const after = reshape.units.find(({ id }) => id === work.unit.id) ?? work.unit;
  if (kind) await note(work, [{ before: work.unit, after, kind }]);
  if (kind === 'closed')
    await endLines(
      work.trx,
      reshape.units.map(({ id }) => id),
      work.day,
    );
  return finish(work, reshape, effects, [work.unit.id]);
}

async function write({ trx }: Work, { units }: Reshape): Promise<void> {
  await updateUnits(trx, units);
}

function finish({ tree }: Work, reshape: Reshape, effects: Effects, about: readonly number[]): Changed {
  for (const unit of reshape.units) tree.put(unit);
  const heirs = new Map(reshape.rehomed);
  // Whoever was taken over earlier by one that is taken over now has the same heir.
  const followers = [...tree.all()].flatMap((unit) => {
    const heir = unit.successor === undefined ? undefined : heirs.get(unit.successor);
    return heir === undefined ? [] : [{ ...unit, successor: heir }];
  });
  for (const unit of followers) tree.put(unit);
  return { tree, units: [...reshape.units, ...followers], rehomed: reshape.rehomed, agents: [], effects, about };
}

/** One line of the history of a unit, both sides of it. */
export interface Note {
  readonly before: UnitNode;
  readonly after: UnitNode;
  readonly kind: UnitChangeKind;
  readonly other?: number | undefined;
  readonly otherBefore?: number | undefined;
}

interface NoteContext {
  readonly trx: Trx;
  readonly day: string;
  readonly at: Date;
  readonly actor: Pick<Actor, 'name'>;
  readonly reason: string;
}

/** Writes the history of units. */
export async function note({ trx, day, at, actor, reason }: NoteContext, notes: readonly Note[]): Promise<void> {
  const rows = notes.map(({ before, after, kind, other, otherBefore }) => ({
    unit_id: before.id,
    kind,
    effective: day,
    at,
    actor: actor.name,
    reason,
    before: JSON.stringify(factsOf(before, otherBefore)),
    after: JSON.stringify(factsOf(after, other)),
  }));
  for (let start = 0; start < rows.length; start += noteRows)
    await trx
      .insertInto('unit_change')
      .values(rows.slice(start, start + noteRows))
      .execute();
}

/** What goes along with units: counted before anything is written. */
async function countEffects(trx: Trx, units: readonly UnitNode[]): Promise<Effects> {
  const under = sql.join(
    units.map(({ path }) => sql`unit.path like ${`${path}%`}`),
    sql` or `,
  );
  const { rows } = await sql<Effects>`
    with inside as (select unit.id from unit where ${under})
    select (select count(*)::int from inside) as units,
      (select count(*)::int from agent where unit_id in (select id from inside)) as agents,
      (select count(*)::int from device where unit_id in (select id from inside)) as devices,
      (select count(distinct user_id)::int from role_grant where unit_id in (select id from inside)) as people,
      (select count(*)::int from voucher where unit_id in (select id from inside) and used_at is null
        and revoked_at is null) as vouchers`.execute(trx);
  return rows[0] ?? { units: 0, agents: 0, devices: 0, people: 0, vouchers: 0 };
}
