import type { UnitKind } from '../store/tables.ts';

/** One unit of the organisation, as kept in memory. */
export interface UnitNode {
  readonly id: number;
  readonly parent: number | undefined;
  /** `/1/7/`: ids from the root down to this unit. */
  readonly path: string;
  readonly kind: UnitKind;
  readonly code: string | undefined;
  readonly name: string;
  readonly folded: string;
  /** Folded names from below the root down to this unit. */
  readonly place: string;
  readonly sortKey: string;
  readonly sample: boolean;
}

export interface UnitRef {
  readonly id: number;
  readonly name: string;
  readonly kind: UnitKind;
}

/** From the widest to the narrowest; a unit lies under one of a kind before its own. */
const kinds: readonly UnitKind[] = ['province', 'commune', 'school', 'building', 'room'];

/** Why a unit of `kind` may not lie under these units, or undefined when it may. `trail` is from the root down. */
export function refusalOf(kind: UnitKind, trail: readonly UnitNode[]): string | undefined {
  const parent = trail.at(-1);
  if (!parent) return kind === 'province' ? undefined : 'only a province stands alone';
  if (kinds.indexOf(kind) <= kinds.indexOf(parent.kind)) return `a ${kind} does not lie under a ${parent.kind}`;
  const inSchool = trail.some((unit) => unit.kind === 'school');
  if ((kind === 'building' || kind === 'room') && !inSchool) return `a ${kind} lies within a school`;
  return undefined;
}

/** The organisation in memory: some 17,000 units of a province. */
export class UnitTree {
  readonly #byId = new Map<number, UnitNode>();
  readonly #children = new Map<number | undefined, Set<number>>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: number): UnitNode | undefined {
    return this.#byId.get(id);
  }

  all(): Iterable<UnitNode> {
    return this.#byId.values();
  }

  childrenOf(id: number | undefined): readonly UnitNode[] {
    return [...(this.#children.get(id) ?? [])].flatMap((child) => this.#byId.get(child) ?? []);
  }

  put(unit: UnitNode): void {
    this.remove(unit.id);
    this.#byId.set(unit.id, unit);
    const siblings = this.#children.get(unit.parent) ?? new Set();
    this.#children.set(unit.parent, siblings.add(unit.id));
  }

  remove(id: number): void {
    const known = this.#byId.get(id);
    if (!known) return;
    this.#byId.delete(id);
    this.#children.get(known.parent)?.delete(id);
  }

  clear(): void {
    this.#byId.clear();
    this.#children.clear();
  }

  /** From the root down to this unit. */
  trail(id: number): readonly UnitNode[] {
    const trail: UnitNode[] = [];
    for (
      let unit = this.#byId.get(id);
      unit;
      unit = unit.parent === undefined ? undefined : this.#byId.get(unit.parent)
    )
      trail.unshift(unit);
    return trail;
  }

  /** The unit with this path and all under it. */
  subtree(path: string): readonly UnitNode[] {
    const root = Number(path.split('/').at(-2));
    const found: UnitNode[] = [];
    const walk = (unit: UnitNode) => {
      found.push(unit);
      for (const child of this.childrenOf(unit.id)) walk(child);
    };
    const unit = this.#byId.get(root);
    if (unit?.path === path) walk(unit);
    return found;
  }
}
