import { sql } from 'kysely';
import type { z } from 'zod';
import type { changeUnitBody } from '../../protocols/api/organisation/changes.ts';
import { ConflictError, InvalidInputError, inScope, NotFoundError } from '../access/index.ts';
import type { Trx } from '../store/index.ts';
import type { UnitChangeKind } from '../store/tables/organisation.ts';
import { readAgentsGoing, rehomeAgents } from './passengers.ts';
import { close, merge, move, type Reshape, rename, requireOpen } from './reshape.ts';
import { lockOrganisation, readUnits } from './rows.ts';
import { splitSchool } from './split.ts';
import { type UnitNode, UnitTree } from './tree.ts';
import {
  type ChangeContext,
  type Changed,
  countEffects,
  finish,
  note,
  requireAbove,
  requireDay,
  type Work,
  write,
} from './work.ts';

export type ChangeUnit = z.output<typeof changeUnitBody>;

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
    case 'split':
      requireAbove(work, unit);
      return splitSchool(work, body.change.into);
  }
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
