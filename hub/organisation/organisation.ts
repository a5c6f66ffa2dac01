import { randomUUID } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { z } from 'zod';
import { fold } from '../../protocols/api/fold.ts';
import type { createUnitBody, Unit, unitsQuery } from '../../protocols/api/units.ts';
import { ConflictError, InvalidInputError, inScope, NotFoundError, type Scope } from '../access/index.ts';
import { afterCommit, isDuplicate, type Store, type Trx } from '../store/index.ts';
import { decodeCursor, type Page, pageInMemory } from '../store/page.ts';
import { matchesWords, searchWords } from '../store/search.ts';
import { sortKey } from '../store/sort-key.ts';
import type { Tables } from '../store/tables.ts';
import { refusalOf, type UnitNode, type UnitRef, UnitTree } from './tree.ts';

export type UnitCounts = Unit['counts'];
export type UnitsQuery = z.output<typeof unitsQuery>;
export type CreateUnit = z.output<typeof createUnitBody>;

export interface OrganisationDeps {
  readonly store: Store;
  /** Agents and devices under a path, as the live state has them; nothing is counted without it. */
  readonly counts?: (path: string) => UnitCounts;
}

/** Province, communes, schools, buildings, rooms: who lies where. Kept in memory, written through to the database. */
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
  list(scope: Scope, query: UnitsQuery): Page<Unit>;
  get(scope: Scope, id: number): Unit;
  /** Throws InvalidInputError for a kind that does not fit there, ConflictError for a code that is taken. */
  create(scope: Scope, body: CreateUnit, options?: { readonly sample?: boolean }): Promise<Unit>;
  /** The id of the root, which is made with this name when the organisation is empty. */
  ensureRoot(name: string): Promise<number>;
  /** Ids of the unit with this path and of all under it. */
  subtreeIds(path: string): readonly number[];
}

const channel = 'units';
const noCounts: UnitCounts = { agents: 0, devices: 0, wrong: 0 };

export function createOrganisation(deps: OrganisationDeps): Organisation {
  const { store, counts = () => noCounts } = deps;
  const tree = new UnitTree();
  let listening: AsyncDisposable | undefined;

  const need = (id: number): UnitNode => {
    const unit = tree.get(id);
    if (!unit) throw new NotFoundError();
    return unit;
  };
  const readAll = async () => {
    const rows = await store.db.selectFrom('unit').selectAll().execute();
    tree.clear();
    for (const row of rows) tree.put(nodeOf(row));
  };
  const readOne = async (id: number) => {
    const row = await store.db.selectFrom('unit').selectAll().where('id', '=', id).executeTakeFirst();
    if (row) tree.put(nodeOf(row));
  };
  const trailOf = (id: number) => tree.trail(need(id).id).map(refOfNode);
  const view = (unit: UnitNode): Unit => ({
    ...refOfNode(unit),
    ...(unit.code === undefined ? {} : { code: unit.code }),
    ...(unit.parent === undefined ? {} : { parent: unit.parent }),
    trail: trailOf(unit.id),
    sample: unit.sample,
    counts: counts(unit.path),
  });
  const get = (scope: Scope, id: number): Unit => {
    const unit = need(id);
    if (!inScope(scope, unit.path)) throw new NotFoundError();
    return view(unit);
  };

  return {
    load: async () => {
      listening ??= await store.listen(channel, {
        heard: (id) => void readOne(Number(id)).catch(() => {}),
        missed: () => void readAll().catch(() => {}),
      });
      await readAll();
    },
    pathOf: (id) => need(id).path,
    refOf: (id) => refOfNode(need(id)),
    trailOf,
    schoolOf: (id) => trailOf(id).find((unit) => unit.kind === 'school'),
    subtreeIds: (path) => tree.subtree(path).map((unit) => unit.id),
    get,
    list: (scope, query) => {
      const page = listUnits(tree, scope, query);
      return { ...page, rows: page.rows.map(view) };
    },
    create: async (scope, body, options = {}) => {
      const parent = tree.get(body.parent);
      if (!parent || !inScope(scope, parent.path)) throw new InvalidInputError('parent', 'There is no such unit.');
      const refusal = refusalOf(body.kind, tree.trail(parent.id));
      if (refusal) throw new InvalidInputError('kind', `Not possible: ${refusal}.`);
      const unit = await write(store, tree, { ...body, parent, sample: options.sample ?? false });
      await store.notify(channel, String(unit.id));
      return view(unit);
    },
    ensureRoot: async (name) => {
      const root = tree.childrenOf(undefined)[0];
      if (root) return root.id;
      const unit = await write(store, tree, { kind: 'province', name, parent: undefined, sample: false });
      await store.notify(channel, String(unit.id));
      return unit.id;
    },
    [Symbol.asyncDispose]: async () => {
      await listening?.[Symbol.asyncDispose]();
    },
  };
}

interface NewUnit {
  readonly kind: UnitNode['kind'];
  readonly name: string;
  readonly code?: string | undefined;
  readonly parent: UnitNode | undefined;
  readonly sample: boolean;
}

async function write(store: Store, tree: UnitTree, unit: NewUnit): Promise<UnitNode> {
  try {
    return await store.transaction(async (trx) => {
      const node = await insert(trx, unit);
      afterCommit(trx, () => tree.put(node));
      return node;
    });
  } catch (thrown) {
    if (isDuplicate(thrown)) throw new ConflictError(`The code ${unit.code} is taken by another ${unit.kind}.`);
    throw thrown;
  }
}

async function insert(trx: Trx, unit: NewUnit): Promise<UnitNode> {
  const row = await trx
    .insertInto('unit')
    .values({
      parent_id: unit.parent?.id ?? null,
      // The path holds the row's own id, which is known only now; no other row has this one.
      path: randomUUID(),
      kind: unit.kind,
      code: unit.code ?? null,
      name: unit.name,
      name_folded: fold(`${unit.name} ${unit.code ?? ''}`),
      name_sort: sortKey(unit.name),
      place_folded: unit.parent ? fold(`${unit.parent.place} ${unit.name}`) : '',
      sample: unit.sample,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const path = `${unit.parent?.path ?? '/'}${row.id}/`;
  await trx.updateTable('unit').set({ path }).where('id', '=', row.id).execute();
  return nodeOf({ ...row, path });
}

function listUnits(tree: UnitTree, scope: Scope, query: UnitsQuery): Page<UnitNode> {
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  if (query.cursor !== undefined && !after) throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
  const words = searchWords(query.q);
  const exact = (query.q ?? '').normalize('NFC').trim().toLowerCase();
  const from = query.parent === undefined ? tree.all() : tree.childrenOf(query.parent);
  const rows = [...from].filter(
    (unit) =>
      inScope(scope, unit.path) &&
      (query.kind === undefined || unit.kind === query.kind) &&
      matchesWords(unit.folded, words),
  );
  // What holds the words with their very marks comes first.
  const rank = (unit: UnitNode) => (exact === '' || unit.name.toLowerCase().includes(exact) ? '0' : '1');
  return pageInMemory(rows, (unit) => ({ key: rank(unit) + unit.sortKey, id: unit.id }), { limit: query.limit, after });
}

function refOfNode({ id, name, kind }: UnitNode): UnitRef {
  return { id, name, kind };
}

function nodeOf(row: Selectable<Tables['unit']>): UnitNode {
  return {
    id: row.id,
    parent: row.parent_id ?? undefined,
    path: row.path,
    kind: row.kind,
    code: row.code ?? undefined,
    name: row.name,
    folded: row.name_folded,
    place: row.place_folded,
    sortKey: row.name_sort,
    sample: row.sample,
  };
}
