import type { UnitChange } from '../../../../../protocols/api/organisation/changes.ts';
import type { Unit } from '../../../../../protocols/api/units.ts';

/** The change that takes this one back, where there is one; `unit` as it was before. A merger, a split and a closing have none. */
export function reverseOf(unit: Unit, change: UnitChange): UnitChange | undefined {
  switch (change.kind) {
    case 'rename':
      return { kind: 'rename', name: unit.name, code: unit.code ?? null };
    case 'move':
      return unit.parent === undefined
        ? undefined
        : { kind: 'move', parent: unit.parent, ...(change.agents ? { agents: change.agents } : {}) };
    case 'line':
      return { kind: 'line', authority: unit.line?.id ?? null };
    case 'aliases':
      return { kind: 'aliases', names: unit.aliases ?? [] };
    default:
      return undefined;
  }
}
