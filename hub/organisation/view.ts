import type { z } from 'zod';
import { fold } from '../../protocols/api/fold.ts';
import { shortCodeOf, unitOfShortCode } from '../../protocols/api/organisation/short-code.ts';
import { type Unit, type unitsQuery, unitTypeSchema } from '../../protocols/api/units.ts';
import { InvalidInputError, type Scope, seesPlace } from '../access/index.ts';
import { decodeCursor, type Page, pageInMemory } from '../store/page.ts';
import { matchesWords, searchWords } from '../store/search.ts';
import type { UnitNode, UnitRef, UnitTree } from './tree.ts';

export type UnitsQuery = z.output<typeof unitsQuery>;
export type UnitCounts = Unit['counts'];

export function refOfNode({ id, name, kind }: UnitNode): UnitRef {
  return { id, name, kind };
}

/** A unit as people see it. */
export function viewOf(tree: UnitTree, unit: UnitNode, counts: UnitCounts): Unit {
  const refOf = (id: number | undefined) => {
    const node = id === undefined ? undefined : tree.get(id);
    return node && refOfNode(node);
  };
  const successor = refOf(unit.successor);
  const line = refOf(unit.line);
  const type = unitTypeSchema.safeParse(unit.type);
  return {
    ...refOfNode(unit),
    ...(unit.code === undefined ? {} : { code: unit.code }),
    ...(type.success ? { type: type.data } : {}),
    ...(unit.floor === undefined ? {} : { floor: unit.floor }),
    ...(unit.kind === 'room' ? { shortCode: shortCodeOf(unit.id) } : {}),
    ...(unit.parent === undefined ? {} : { parent: unit.parent }),
    trail: tree.trail(unit.id).map(refOfNode),
    ...(line ? { line } : {}),
    validFrom: unit.validFrom,
    ...(unit.validTo === undefined ? {} : { validTo: unit.validTo }),
    ...(successor ? { successor } : {}),
    ...(unit.aliases.length === 0 ? {} : { aliases: [...unit.aliases] }),
    sample: unit.sample,
    counts,
  };
}

/** One page of units within the scope: open ones, unless the query wants all. */
export function listUnits(tree: UnitTree, scope: Scope, query: UnitsQuery): Page<UnitNode> {
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  if (query.cursor !== undefined && !after) throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
  const words = searchWords(query.q);
  const exact = (query.q ?? '').normalize('NFC').trim().toLowerCase();
  const byShortCode = unitOfShortCode(query.q ?? '');
  const from = query.parent === undefined ? tree.all() : tree.childrenOf(query.parent);
  const rows = [...from].filter(
    (unit) =>
      seesPlace(scope, unit.path) &&
      (query.kind === undefined || unit.kind === query.kind) &&
      (query.closed === 'yes' || unit.validTo === undefined) &&
      (isFound(unit, words) || (unit.kind === 'room' && unit.id === byShortCode)),
  );
  // What holds the words with their very marks comes first; what only once was called so comes last.
  const rank = (unit: UnitNode) => {
    if (exact === '' || unit.name.toLowerCase().includes(exact)) return '0';
    return matchesWords(unit.folded, words) ? '1' : '2';
  };
  return pageInMemory(rows, (unit) => ({ key: rank(unit) + unit.sortKey, id: unit.id }), { limit: query.limit, after });
}

/** All words stand in what it is called, or in one of its other names. */
function isFound(unit: UnitNode, words: readonly string[]): boolean {
  return matchesWords(unit.folded, words) || unit.aliases.some((alias) => matchesWords(fold(alias), words));
}
