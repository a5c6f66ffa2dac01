import type { Predicate, Rule } from './bundle.ts';

/** What a device told, as far as rules look at it. */
export interface Happening {
  readonly kind: 'event' | 'state';
  readonly device: string;
  readonly capability: string;
  /** Of an event. */
  readonly name?: string;
  readonly document: Readonly<Record<string, unknown>>;
}

/** What is kept of one rule, over restarts too. */
export interface RuleMemory {
  /** When it fired within the last hour, oldest first. */
  readonly firedMs: readonly number[];
  /** Devices whose state fits now: only a change to it fires. */
  readonly fits: readonly string[];
}

export const freshRule: RuleMemory = { firedMs: [], fits: [] };

/** `held`: it would have fired but for the cooldown, the bound of the hour or a freeze. */
export interface RuleStep {
  readonly memory: RuleMemory;
  readonly outcome: 'fired' | 'none' | 'cooldown' | 'too-often' | 'frozen';
}

const hourMs = 3_600_000;

/** What a rule makes of one thing that happened. Pure. */
export function stepRule(
  rule: Rule,
  memory: RuleMemory,
  happening: Happening,
  nowMs: number,
  isFrozen: boolean,
): RuleStep {
  const { watch } = rule;
  const isWatched =
    watch.kind === happening.kind &&
    watch.capability === happening.capability &&
    watch.devices.includes(happening.device) &&
    (watch.kind === 'state' || watch.name === happening.name);
  if (!isWatched) return { memory, outcome: 'none' };
  const fitsNow = watch.where.every((predicate) => holds(predicate, happening.document));
  const fitted = memory.fits.includes(happening.device);
  const fits = watch.kind === 'event' ? [] : withOrWithout(memory.fits, happening.device, fitsNow);
  const next = fits.length === memory.fits.length && fitted === fitsNow ? memory : { ...memory, fits };
  if (!fitsNow || (watch.kind === 'state' && fitted)) return { memory: next, outcome: 'none' };
  const refusal = refusalOf(rule, memory.firedMs, nowMs, isFrozen);
  if (refusal) return { memory: next, outcome: refusal };
  const firedMs = [...memory.firedMs.filter((at) => Math.abs(nowMs - at) < hourMs), nowMs];
  return { memory: { fits, firedMs }, outcome: 'fired' };
}

function refusalOf(rule: Rule, firedMs: readonly number[], nowMs: number, isFrozen: boolean) {
  if (isFrozen) return 'frozen';
  // A clock that was set back must not free a rule: what fired "in the future" counts as fired now.
  const recent = firedMs.filter((at) => Math.abs(nowMs - at) < hourMs);
  if (recent.length >= rule.mostPerHour) return 'too-often';
  const last = firedMs.at(-1);
  return last !== undefined && Math.abs(nowMs - last) < rule.cooldownSeconds * 1_000 ? 'cooldown' : undefined;
}

function withOrWithout(list: readonly string[], device: string, isIn: boolean): readonly string[] {
  const others = list.filter((one) => one !== device);
  return isIn ? [...others, device] : others;
}

function holds({ field, is, value }: Predicate, document: Readonly<Record<string, unknown>>): boolean {
  let found: unknown = document;
  for (const step of field.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return false;
    found = (found as Readonly<Record<string, unknown>>)[step];
  }
  switch (is) {
    case 'equal':
      return found === value;
    case 'different':
      return found !== value;
    case 'above':
      return typeof found === 'number' && typeof value === 'number' && found > value;
    case 'below':
      return typeof found === 'number' && typeof value === 'number' && found < value;
  }
}

type Linked = Pick<Rule, 'id' | 'watch' | 'commands'>;

/**
 * A chain of rules that could set itself off: one commands a capability of a device that the next one watches, and so round.
 * The ids in order, or undefined. What acts on another capability than the watched one may still come round through the world;
 * cooldown and bound of the hour are for that.
 */
export function findLoop(rules: readonly Linked[]): readonly string[] | undefined {
  const follows = (rule: Linked) =>
    rules.filter(({ watch }) =>
      rule.commands.some(
        ({ capability, devices }) =>
          capability === watch.capability && devices.some((device) => watch.devices.includes(device)),
      ),
    );
  const cleared = new Set<string>();
  const walk = (rule: Linked, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(rule.id)) return [...path.slice(path.indexOf(rule.id)), rule.id];
    if (cleared.has(rule.id)) return undefined;
    for (const next of follows(rule)) {
      const loop = walk(next, [...path, rule.id]);
      if (loop) return loop;
    }
    cleared.add(rule.id);
    return undefined;
  };
  for (const rule of rules) {
    const loop = walk(rule, []);
    if (loop) return loop;
  }
  return undefined;
}
