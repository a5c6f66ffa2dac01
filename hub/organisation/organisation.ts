import type { z } from 'zod';
import type { UnitChangeResult, UnitHistory } from '../../protocols/api/organisation/changes.ts';
import type { createUnitBody, Unit } from '../../protocols/api/units.ts';
import type { Clock } from '../../protocols/ports.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import {
  type Actor,
  ConflictError,
  InvalidInputError,
  inScope,
  NotFoundError,
  type Scope,
  seesPlace,
} from '../access/index.ts';
import { afterCommit, isDuplicate, type Store, type Trx } from '../store/index.ts';
import type { Page } from '../store/page.ts';
import { type ChangeUnit, changeUnit } from './change.ts';
import { createChannel, type StructureChange } from './channel.ts';
import { dayOf } from './day.ts';
import { historyOf } from './history.ts';
import { idsAbove, insertUnits, lockOrganisation, newNode, readUnits, takeIds } from './rows.ts';
import { refusalOf, type UnitNode, type UnitRef, UnitTree } from './tree.ts';
import { listUnits, refOfNode, type UnitCounts, type UnitsQuery, viewOf } from './view.ts';
import { type Changed, note } from './work.ts';

export type CreateUnit = z.output<typeof createUnitBody>;

export interface OrganisationDeps {
  readonly store: Store;
  /** Agents and devices under a path, as the live state has them; nothing is counted without it. */
  readonly counts?: (path: string, scope?: Scope) => UnitCounts;
  readonly clock?: Clock;
}

/** Province, communes, offices, schools, buildings, rooms: who lies where. Kept in memory, written through to the database. */
export interface Organisation extends AsyncDisposable {
  /** Reads the tree and keeps it current with what other hubs write. */
  load(): Promise<void>;
  /** `/1/7/`. Throws NotFoundError for a unit that does not exist, as do the next three. */
  pathOf(unitId: number): string;
  refOf(unitId: number): UnitRef;
  /** From the root down, this unit last. */
  trailOf(unitId: number): readonly UnitRef[];
  /** The school that a unit is or lies in. */
  schoolOf(unitId: number): UnitRef | undefined;
  /** Whether a unit is no more; nothing is placed there. */
  isClosed(unitId: number): boolean;
  list(scope: Scope, query: UnitsQuery): Page<Unit>;
  get(scope: Scope, id: number): Unit;
  history(scope: Scope, id: number, on?: string): Promise<UnitHistory>;
  /** Throws InvalidInputError for a kind that does not fit there, ConflictError for a code that is taken. */
  create(
    scope: Scope,
    body: CreateUnit,
    options?: { readonly sample?: boolean; readonly actor?: Pick<Actor, 'id' | 'name'> },
  ): Promise<Unit>;
  /**
   * Renames, moves, merges, splits or closes a unit, or tells what that would come to. The live state of this hub is right when it
   * resolves, that of others when they hear of it. Throws as `changeUnit`.
   */
  change(
    scope: Scope,
    actor: Pick<Actor, 'id' | 'name'>,
    id: number,
    body: ChangeUnit,
  ): Promise<UnitChangeResult & { readonly about: readonly number[] }>;
  /** Calls back when paths changed or things were given to another unit, after the tree in memory is right. */
  onStructure(listener: (change: StructureChange) => void): Disposable;
  /** The id of the root, which is made with this name when the organisation is empty. */
  ensureRoot(name: string): Promise<number>;
  /** Ids of the unit with this path and of all under it. */
  subtreeIds(path: string): readonly number[];
  /** All units as the database has them; the tree is the caller's own. */
  read(): Promise<UnitTree>;
  /**
   * For features that write many units at once: runs `work` alone over all hubs, with the tree as the database has it, and
   * takes over in memory what it returns.
   */
  write<T>(work: (trx: Trx, tree: UnitTree) => Promise<Written<T>>): Promise<T>;
}

/** Units that were put or deleted, and what the caller gets. */
export interface Written<T> {
  readonly put: readonly UnitNode[];
  readonly removed: readonly number[];
  readonly result: T;
}

const noCounts: UnitCounts = { agents: 0, devices: 0, wrong: 0 };
const nothingRehomed: StructureChange = { rehomed: [], agents: [] };

/** Rolls a transaction back that was only tried. */
class Tried extends Error {
  readonly changed: Changed;

  constructor(changed: Changed) {
    super('tried only');
    this.changed = changed;
  }
}

export function createOrganisation(deps: OrganisationDeps): Organisation {
  const { store, counts = () => noCounts, clock = systemClock } = deps;
  const tree = new UnitTree();
  const channel = createChannel(store, tree);

  const need = (id: number): UnitNode => {
    const unit = tree.get(id);
    if (!unit) throw new NotFoundError();
    return unit;
  };
  const needIn = (scope: Scope, id: number): UnitNode => {
    const unit = need(id);
    if (!inScope(scope, unit.path)) throw new NotFoundError();
    return unit;
  };
  const trailOf = (id: number) => tree.trail(need(id).id).map(refOfNode);
  const view = (unit: UnitNode, scope?: Scope) => viewOf(tree, unit, counts(unit.path, scope));
  const today = () => dayOf(clock.now());
  const tryChange = async (id: number, body: ChangeUnit, context: Parameters<typeof changeUnit>[3]) => {
    try {
      return await store.transaction(async (trx) => {
        const changed = await changeUnit(trx, id, body, context);
        if (body.dryRun) throw new Tried(changed);
        afterCommit(trx, () => channel.takeOver(changed.units, [], changed));
        return changed;
      });
    } catch (thrown) {
      if (thrown instanceof Tried) return thrown.changed;
      throw thrown;
    }
  };

  return {
    load: () => channel.open(),
    pathOf: (id) => need(id).path,
    refOf: (id) => refOfNode(need(id)),
    trailOf,
    schoolOf: (id) => trailOf(id).find((unit) => unit.kind === 'school'),
    isClosed: (id) => tree.get(id)?.validTo !== undefined,
    subtreeIds: (path) => tree.subtree(path).map((unit) => unit.id),
    get: (scope, id) => {
      const unit = need(id);
      if (!seesPlace(scope, unit.path)) throw new NotFoundError();
      return view(unit, scope);
    },
    history: (scope, id, on) => historyOf(store.db, tree, needIn(scope, id), { on, counts }),
    list: (scope, query) => {
      const page = listUnits(tree, scope, query);
      return { ...page, rows: page.rows.map((unit) => view(unit, scope)) };
    },
    create: async (scope, body, { sample = false, actor } = {}) => {
      const unit = await writeNew(store, async (trx) => {
        const made = await addUnit(trx, scope, body, {
          sample,
          day: body.validFrom ?? today(),
          at: new Date(clock.now()),
          actor,
        });
        afterCommit(trx, () => channel.takeOver([made], []));
        return made;
      });
      await channel.announce({ ids: [unit.id], ...nothingRehomed });
      return view(unit);
    },
    change: async (scope, actor, id, body) => {
      const context = { scope, actor, today: today(), at: new Date(clock.now()) };
      const { tree: after, effects, about, rehomed, agents, parts } = await tryChange(id, body, context);
      const before = need(id).path;
      const unit = after.get(id);
      if (!unit) throw new NotFoundError();
      if (!body.dryRun) await channel.announce({ ids: 'all', rehomed, agents });
      const figures = counts(body.dryRun ? before : unit.path);
      return { dryRun: body.dryRun, unit: viewOf(after, unit, figures), effects, about, ...(parts ? { parts } : {}) };
    },
    onStructure: (listener) => channel.onStructure(listener),
    ensureRoot: async (name) => {
      const root = tree.childrenOf(undefined)[0];
      if (root) return root.id;
      const unit = await store.transaction(async (trx) => {
        await lockOrganisation(trx);
        const [id = 0] = await takeIds(trx, 1);
        const made = newNode({ id, kind: 'province', name, parent: undefined, sample: false, validFrom: today() });
        await insertUnits(trx, [made]);
        afterCommit(trx, () => channel.takeOver([made], []));
        return made;
      });
      await channel.announce({ ids: [unit.id], ...nothingRehomed });
      return unit.id;
    },
    read: async () => new UnitTree(await readUnits(store.db)),
    write: async (work) => {
      const result = await writeNew(store, async (trx) => {
        await lockOrganisation(trx);
        let written: Written<Awaited<ReturnType<typeof work>>['result']> | undefined;
        // Before what the work itself has for after the commit: that may ask for the new units.
        afterCommit(trx, () => channel.takeOver(written?.put ?? [], written?.removed ?? [], nothingRehomed));
        written = await work(trx, new UnitTree(await readUnits(trx)));
        return written.result;
      });
      await channel.announce({ ids: 'all', ...nothingRehomed });
      return result;
    },
    [Symbol.asyncDispose]: () => channel[Symbol.asyncDispose](),
  };
}

async function writeNew<T>(store: Store, work: (trx: Trx) => Promise<T>): Promise<T> {
  try {
    return await store.transaction(work);
  } catch (thrown) {
    if (isDuplicate(thrown)) throw new ConflictError('The code is taken by another unit of this kind.');
    throw thrown;
  }
}

interface Adding {
  readonly sample: boolean;
  readonly day: string;
  readonly at: Date;
  readonly actor: Pick<Actor, 'id' | 'name'> | undefined;
}

async function addUnit(trx: Trx, scope: Scope, body: CreateUnit, adding: Adding): Promise<UnitNode> {
  const { sample, day, at, actor } = adding;
  await lockOrganisation(trx);
  const tree = new UnitTree(await readUnits(trx, await idsAbove(trx, [body.parent, body.splitFrom ?? body.parent])));
  const parent = tree.get(body.parent);
  if (!parent || !inScope(scope, parent.path)) throw new InvalidInputError('parent', 'There is no such unit.');
  if (parent.validTo !== undefined) throw new ConflictError(`${parent.name} was closed on ${parent.validTo}.`);
  const refusal = refusalOf(body.kind, tree.trail(parent.id));
  if (refusal) throw new InvalidInputError('kind', `Not possible: ${refusal}.`);
  const origin = body.splitFrom === undefined ? undefined : tree.get(body.splitFrom);
  if (body.splitFrom !== undefined && !(origin?.kind === body.kind && inScope(scope, origin.path)))
    throw new InvalidInputError('splitFrom', 'There is no such unit of this kind.');
  const { kind, name, code, type, floor } = body;
  const [id = 0] = await takeIds(trx, 1);
  const unit = newNode({ id, kind, name, code, type, floor, parent, sample, validFrom: day });
  await insertUnits(trx, [unit]);
  if (origin)
    await note({ trx, day, at, actor: actor ?? { name: 'hub' }, reason: `${origin.name} → ${unit.name}` }, [
      { before: unit, after: unit, kind: 'split-from', other: origin.id },
      { before: origin, after: origin, kind: 'split-into', other: unit.id },
    ]);
  return unit;
}
