import { fold } from '../../protocols/api/fold.ts';
import type { UnitKind } from '../store/tables.ts';

/** One unit of the organisation, as kept in memory. */
export interface UnitNode {
  readonly id: number;
  readonly parent: number | undefined;
  /** `/1/7/`: ids from the root down to this unit. */
  readonly path: string;
  readonly kind: UnitKind;
  readonly code: string | undefined;
  readonly type: string | undefined;
  readonly floor: string | undefined;
  readonly name: string;
  readonly folded: string;
  /** Folded names from below the root down to this unit. */
  readonly place: string;
  readonly sortKey: string;
  readonly sample: boolean;
  /** `2025-07-01` */
  readonly validFrom: string;
  /** First day on which it is no more; undefined while it stands. */
  readonly validTo: string | undefined;
  readonly successor: number | undefined;
  readonly aliases: readonly string[];
  /** Who leads it professionally now. */
  readonly line: number | undefined;
}

export interface UnitRef {
  readonly id: number;
  readonly name: string;
  readonly kind: UnitKind;
}

/** Under what each kind may lie. */
const parents: Readonly<Record<UnitKind, readonly UnitKind[]>> = {
  province: [],
  commune: ['province'],
  office: ['province', 'commune'],
  school: ['province', 'commune'],
  building: ['school'],
  room: ['school', 'building'],
};

/** Why a unit of `kind` may not lie under these units, or undefined when it may. `trail` is from the root down. */
export function refusalOf(kind: UnitKind, trail: readonly Pick<UnitNode, 'kind'>[]): string | undefined {
  const parent = trail.at(-1);
  if (!parent) return kind === 'province' ? undefined : 'only a province stands alone';
  return parents[kind].includes(parent.kind) ? undefined : `a ${kind} does not lie under a ${parent.kind}`;
}

/** The organisation in memory: some 17,000 units of a province. */
export class UnitTree {
  readonly #byId = new Map<number, UnitNode>();
  readonly #children = new Map<number | undefined, Set<number>>();

  constructor(units: Iterable<UnitNode> = []) {
    for (const unit of units) this.put(unit);
  }

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

  /** Takes the place of everything that was known. */
  replace(units: readonly UnitNode[]): void {
    this.#byId.clear();
    this.#children.clear();
    for (const unit of units) this.put(unit);
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

/** Path and folded place of a unit under a parent. The root has no place: it is in every one. */
export function placeUnder(parent: Pick<UnitNode, 'path' | 'place'> | undefined, id: number, name: string) {
  return {
    path: `${parent?.path ?? '/'}${id}/`,
    place: parent ? fold(`${parent.place} ${name}`) : '',
  };
}
