import type { Selectable } from 'kysely';
import type { UnitHistory } from '../../protocols/api/organisation/changes.ts';
import type { Database } from '../store/index.ts';
import type { UnitChangeTable, UnitFacts } from '../store/tables/organisation.ts';
import { factsOf } from './rows.ts';
import type { UnitNode, UnitTree } from './tree.ts';
import { refOfNode, type UnitCounts, viewOf } from './view.ts';

/** Most lines of a history that are shown: some hundred years of a school. */
const mostChanges = 500;

type ChangeRow = Pick<Selectable<UnitChangeTable>, 'kind' | 'effective' | 'before'>;

/**
 * What a unit was on a day, out of what it is and what happened since (newest first). Undefined when it did not exist. Pure.
 */
export function asOf(unit: UnitNode, changes: readonly ChangeRow[], day: string): UnitFacts | undefined {
  if (day < unit.validFrom || (unit.validTo !== undefined && day >= unit.validTo)) return undefined;
  let facts = factsOf(unit);
  let other = unit.line ?? null;
  for (const change of changes) {
    if (change.effective <= day) break;
    const { other: otherBefore, ...before } = change.before;
    if (change.kind === 'line') other = otherBefore ?? null;
    else if (change.kind === 'renamed' || change.kind === 'moved') facts = before;
  }
  return { ...facts, validTo: null, ...(other === null ? {} : { other }) };
}

/** Names, moves, mergers and lines of a unit. */
export async function historyOf(
  db: Database,
  tree: UnitTree,
  unit: UnitNode,
  options: { readonly on: string | undefined; readonly counts: (path: string) => UnitCounts },
): Promise<UnitHistory> {
  const refOf = (id: number | null | undefined) => {
    const node = id === null || id === undefined ? undefined : tree.get(id);
    return node && refOfNode(node);
  };
  const told = (facts: UnitFacts) => {
    const parent = refOf(facts.parent);
    const other = refOf(facts.other);
    return {
      name: facts.name,
      ...(facts.code === null ? {} : { code: facts.code }),
      ...(facts.type === null ? {} : { type: facts.type }),
      ...(facts.floor === null ? {} : { floor: facts.floor }),
      ...(parent ? { parent } : {}),
      ...(other ? { other } : {}),
    };
  };
  const rows = await db
    .selectFrom('unit_change')
    .selectAll()
    .where('unit_id', '=', unit.id)
    .orderBy('effective', 'desc')
    .orderBy('id', 'desc')
    .limit(mostChanges)
    .execute();
  const lines = await db
    .selectFrom('unit_line')
    .selectAll()
    .where('unit_id', '=', unit.id)
    .orderBy('valid_from', 'desc')
    .orderBy('id', 'desc')
    .limit(mostChanges)
    .execute();
  const then = options.on === undefined ? undefined : asOf(unit, rows, options.on);
  return {
    unit: viewOf(tree, unit, options.counts(unit.path)),
    changes: rows.map(({ kind, effective, at, actor, reason, before, after }) => ({
      kind,
      effective,
      at: at.toISOString(),
      actor,
      reason,
      before: told(before),
      after: told(after),
    })),
    predecessors: [...tree.all()]
      .filter(({ successor }) => successor === unit.id)
      .map((other) => viewOf(tree, other, options.counts(other.path))),
    lines: lines.flatMap((line) => {
      const authority = refOf(line.authority_id);
      return authority
        ? [{ authority, from: line.valid_from, ...(line.valid_to === null ? {} : { to: line.valid_to }) }]
        : [];
    }),
    ...(then ? { asOf: told(then) } : {}),
  };
}
