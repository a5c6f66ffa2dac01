import type { UnitChange } from '../../../../../protocols/api/organisation/changes.ts';
import type { Unit } from '../../../../../protocols/api/units.ts';

export type ChangeKind = UnitChange['kind'];
/** Those that a few fields tell. */
export type PlainKind = Exclude<ChangeKind, 'split'>;

export const leaders = ['office', 'commune', 'province', 'nobody'] as const;

/** What was filled in; of a kind of change only its own fields count. */
export interface Draft {
  readonly name: string;
  readonly code: string;
  readonly parent: number | undefined;
  /** Of rooms that go to another school; undefined where none is asked for. */
  readonly agents: readonly string[] | undefined;
  readonly from: readonly (number | undefined)[];
  readonly aliases: readonly string[];
  /** What kind of unit leads a school, or that none does. */
  readonly leader: (typeof leaders)[number];
  readonly authority: number | undefined;
}

export function draftOf(unit: Unit): Draft {
  const { line } = unit;
  return {
    name: unit.name,
    code: unit.code ?? '',
    parent: undefined,
    agents: undefined,
    from: [undefined],
    aliases: unit.aliases ?? [],
    leader: leaders.find((leader) => leader === line?.kind) ?? 'office',
    authority: line?.id,
  };
}

const changes: Readonly<Record<PlainKind, (unit: Unit, draft: Draft) => UnitChange | undefined>> = {
  close: () => ({ kind: 'close' }),
  rename: (_unit, { name, code }) =>
    name.trim() === '' ? undefined : { kind: 'rename', name: name.trim(), code: code.trim() || null },
  move: (_unit, { parent, agents }) =>
    parent === undefined ? undefined : { kind: 'move', parent, ...(agents ? { agents: [...agents] } : {}) },
  aliases: ({ aliases = [] }, draft) =>
    String(draft.aliases) === String(aliases) ? undefined : { kind: 'aliases', names: [...draft.aliases] },
  line: ({ line }, { leader, authority }) => {
    if (leader === 'nobody') return line ? { kind: 'line', authority: null } : undefined;
    return authority === undefined || authority === line?.id ? undefined : { kind: 'line', authority };
  },
  merge: (_unit, { from }) => {
    const units = from.filter((id) => id !== undefined);
    return units.length === 0 ? undefined : { kind: 'merge', from: units };
  },
};

/** What was filled in as a change; undefined while something is missing, or nothing is different. */
export function changeOf(kind: PlainKind, unit: Unit, draft: Draft): UnitChange | undefined {
  return changes[kind](unit, draft);
}
