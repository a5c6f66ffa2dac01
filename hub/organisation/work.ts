import { sql } from 'kysely';
import type { UnitChangeResult } from '../../protocols/api/organisation/changes.ts';
import { type Actor, ConflictError, ForbiddenError, InvalidInputError, inScope, type Scope } from '../access/index.ts';
import type { Trx } from '../store/index.ts';
import type { UnitChangeKind } from '../store/tables/organisation.ts';
import type { Reshape } from './reshape.ts';
import { factsOf, updateUnits } from './rows.ts';
import type { UnitNode, UnitTree } from './tree.ts';

/** Rows a statement. */
const noteRows = 1_000;

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
  /** Of a split: the new schools. */
  readonly parts?: UnitChangeResult['parts'];
}

export interface Effects {
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

/** One change of the organisation on its way, inside its transaction. */
export interface Work extends ChangeContext {
  readonly trx: Trx;
  readonly tree: UnitTree;
  readonly unit: UnitNode;
  readonly day: string;
  readonly reason: string;
}

/** Whoever is in charge of a unit alone does not decide about it: that is for those above. A room is of its school. */
export function requireAbove({ scope, tree }: Work, unit: UnitNode): void {
  const parent = unit.parent === undefined ? undefined : tree.get(unit.parent);
  if (parent && !inScope(scope, parent.path))
    throw new ForbiddenError(`About ${unit.name} itself decides who is in charge of what stands above it.`);
}

/** The past may be written down late, but in its order; the future may not. Throws InvalidInputError or ConflictError. */
export async function requireDay({ trx, unit, day, today }: Work): Promise<void> {
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

/** Writes units that are there already. */
export async function write({ trx }: Work, { units }: Reshape): Promise<void> {
  await updateUnits(trx, units);
}

/** What a change came to, with the tree as it is afterwards. */
export function finish({ tree }: Work, reshape: Reshape, effects: Effects, about: readonly number[]): Changed {
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
export async function countEffects(trx: Trx, units: readonly UnitNode[]): Promise<Effects> {
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
