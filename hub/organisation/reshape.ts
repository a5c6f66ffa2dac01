import { fold } from '../../protocols/api/fold.ts';
import { ConflictError, InvalidInputError } from '../access/index.ts';
import { sortKey } from '../store/sort-key.ts';
import { placeUnder, refusalOf, type UnitNode, UnitTree } from './tree.ts';

/** Changes of the organisation, pure: a tree and what is wanted in, the units that differ afterwards out. */

/** Units as they are afterwards, and at which unit things that stood at another now stand. */
export interface Reshape {
  readonly units: readonly UnitNode[];
  readonly rehomed: readonly (readonly [from: number, to: number])[];
}

/** A field that is left out stays; null takes it away. */
export interface NewNames {
  readonly name?: string | undefined;
  readonly code?: string | null | undefined;
  readonly type?: string | null | undefined;
  readonly floor?: string | null | undefined;
}

/** The unit itself. Throws ConflictError when it is closed. */
export function requireOpen(unit: UnitNode): UnitNode {
  if (unit.validTo !== undefined) throw new ConflictError(`${unit.name} was closed on ${unit.validTo}.`);
  return unit;
}

/** Gives a unit other names; units under it are found by the new one. Throws ConflictError. */
export function rename(tree: UnitTree, unit: UnitNode, names: NewNames): Reshape {
  requireOpen(unit);
  const name = names.name ?? unit.name;
  const code = pick(names.code, unit.code);
  const type = pick(names.type, unit.type);
  const floor = pick(names.floor, unit.floor);
  if (name === unit.name && code === unit.code && type === unit.type && floor === unit.floor)
    throw new ConflictError(`${unit.name} is called so already.`);
  const aliases =
    name === unit.name ? unit.aliases : [...new Set([...unit.aliases, unit.name])].filter(differsFrom(name));
  const renamed = {
    ...unit,
    name,
    code,
    type,
    floor,
    aliases,
    folded: fold(`${name} ${code ?? ''}`),
    sortKey: sortKey(name),
  };
  requireFreeCode(tree, renamed);
  const parent = unit.parent === undefined ? undefined : tree.get(unit.parent);
  return { units: replaceSubtree(tree, renamed, parent), rehomed: [] };
}

/** Puts a unit with all under it under another parent. Throws InvalidInputError `change.parent` or ConflictError. */
export function move(tree: UnitTree, unit: UnitNode, parent: UnitNode): Reshape {
  requireOpen(unit);
  requireOpen(parent);
  if (parent.path.startsWith(unit.path))
    throw new InvalidInputError('change.parent', `${parent.name} lies within ${unit.name}.`);
  if (unit.parent === parent.id) throw new ConflictError(`${unit.name} stands under ${parent.name} already.`);
  const refusal = refusalOf(unit.kind, tree.trail(parent.id));
  if (refusal) throw new InvalidInputError('change.parent', `Not possible: ${refusal}.`);
  const moved = { ...unit, parent: parent.id };
  requireFreeCode(tree, moved);
  return { units: replaceSubtree(tree, moved, parent), rehomed: [] };
}

/**
 * Closes units and gives all that they held to another of their kind. Throws InvalidInputError `change.from` or
 * ConflictError, also for rooms of both that have one code.
 */
export function merge(tree: UnitTree, into: UnitNode, from: readonly UnitNode[], day: string): Reshape {
  requireOpen(into);
  const after = new Map<number, UnitNode>();
  const scratch = new UnitTree(tree.all());
  const names = new Set(into.aliases);
  for (const unit of from) {
    requireMergeable(unit, into);
    for (const name of [unit.name, ...unit.aliases]) names.add(name);
    const closed = { ...unit, validTo: laterOf(unit.validFrom, day), successor: into.id, aliases: [], line: undefined };
    scratch.put(closed);
    after.set(unit.id, closed);
    for (const child of tree.childrenOf(unit.id)) {
      const moved = { ...child, parent: into.id };
      if (child.validTo === undefined) requireFreeCode(scratch, moved);
      for (const below of replaceSubtree(tree, moved, into)) {
        scratch.put(below);
        after.set(below.id, below);
      }
    }
  }
  const heir = { ...into, aliases: [...names].filter(differsFrom(into.name)) };
  return { units: [...after.values(), heir], rehomed: from.map(({ id }) => [id, into.id] as const) };
}

function requireMergeable(unit: UnitNode, into: UnitNode): void {
  requireOpen(unit);
  if (into.path.startsWith(unit.path) || unit.path.startsWith(into.path))
    throw new InvalidInputError('change.from', `${unit.name} and ${into.name} lie one within the other.`);
  if (unit.kind !== into.kind)
    throw new InvalidInputError('change.from', `${unit.name} is a ${unit.kind} and ${into.name} is a ${into.kind}.`);
}

/** Closes a unit and all under it. The root stays. */
export function close(tree: UnitTree, unit: UnitNode, day: string): Reshape {
  requireOpen(unit);
  if (unit.parent === undefined) throw new ConflictError('The root of the organisation cannot be closed.');
  const units = tree
    .subtree(unit.path)
    .filter(({ validTo }) => validTo === undefined)
    .map((below) => ({ ...below, validTo: laterOf(below.validFrom, day), line: undefined }));
  return { units, rehomed: [] };
}

/** Why this tree is not one, or undefined: every path follows from its parent's, and everything hangs on one root. */
export function faultOf(tree: UnitTree): string | undefined {
  for (const unit of tree.all()) {
    const parent = unit.parent === undefined ? undefined : tree.get(unit.parent);
    if (unit.parent !== undefined && !parent) return `${unit.id} hangs on nothing`;
    const { path, place } = placeUnder(parent, unit.id, unit.name);
    if (unit.path !== path) return `${unit.id} has the path ${unit.path}, not ${path}`;
    if (unit.place !== place) return `${unit.id} has the place ${unit.place}, not ${place}`;
    if (parent?.validTo !== undefined && unit.validTo === undefined) return `${unit.id} stands under a closed one`;
    if (refusalOf(unit.kind, tree.trail(unit.id).slice(0, -1))) return `${unit.id} does not fit there`;
  }
  return undefined;
}

/** A code names one open unit of its kind; of rooms and buildings, one under its parent. Throws ConflictError. */
export function requireFreeCode(tree: UnitTree, unit: UnitNode): void {
  if (unit.code === undefined) return;
  const isLocal = unit.kind === 'room' || unit.kind === 'building';
  const others = isLocal ? tree.childrenOf(unit.parent) : tree.all();
  for (const other of others) {
    if (other.id === unit.id || other.code !== unit.code || other.kind !== unit.kind || other.validTo !== undefined)
      continue;
    throw new ConflictError(
      `The code ${unit.code} of ${unit.name} is taken by ${other.name}: change one of the two first.`,
    );
  }
}

/** The unit as it is now, and all under it with the paths and places that follow. */
function replaceSubtree(tree: UnitTree, unit: UnitNode, parent: UnitNode | undefined): UnitNode[] {
  const placed = { ...unit, ...placeUnder(parent, unit.id, unit.name) };
  return [placed, ...tree.childrenOf(unit.id).flatMap((child) => replaceSubtree(tree, child, placed))];
}

function pick(wanted: string | null | undefined, now: string | undefined): string | undefined {
  return wanted === undefined ? now : (wanted ?? undefined);
}

function differsFrom(name: string): (other: string) => boolean {
  return (other) => fold(other) !== fold(name);
}

/** A unit that began later than the day of its end existed on no day at all; its end is then its beginning. */
function laterOf(a: string, b: string): string {
  return a > b ? a : b;
}
