import type { Condition } from '../../../protocols/api/operation/rules.ts';

/** The pure heart of a rule: what one device reported, one step after the other. */

export type Value = number | boolean | string;

/** Where a rule stands with one device. Times are milliseconds of the epoch. */
export interface Watch {
  readonly open: boolean;
  /** The value is on the wrong side, by threshold and clear. */
  readonly breached: boolean;
  /** Since when it has been so without a break that counts. */
  readonly sinceMs: number | undefined;
  /** When it began to be so, within the time in which repeats count. */
  readonly onsets: readonly number[];
  readonly lastMs: number;
}

export const calm: Watch = { open: false, breached: false, sinceMs: undefined, onsets: [], lastMs: 0 };

/** `value`: it reported; `time`: time went on; `hidden`: nothing can be known of it. `inTime` says whether it may open now. */
export type Step =
  | { readonly kind: 'value'; readonly atMs: number; readonly inTime: boolean; readonly value: Value | undefined }
  | { readonly kind: 'time'; readonly atMs: number; readonly inTime: boolean }
  | { readonly kind: 'hidden' };

export interface Stepped {
  readonly watch: Watch;
  readonly effect: 'open' | 'resolve' | undefined;
}

/**
 * One step. A hidden device neither opens nor resolves anything, and the time of hiding does not count. A value that is
 * not there, or that cannot be compared, says nothing. Outside of its time a rule does not open; it resolves at any time.
 */
export function stepRule(condition: Condition, watch: Watch, step: Step): Stepped {
  if (step.kind === 'hidden') return { watch: { ...watch, sinceMs: undefined }, effect: undefined };
  // A clock that goes back must not undo what was counted.
  const atMs = Math.max(step.atMs, watch.lastMs);
  const value = step.kind === 'value' ? step.value : undefined;
  const before = watch.breached || watch.open;
  const breached = value === undefined ? watch.breached : (isBreached(condition, value, before) ?? watch.breached);
  const seen = see(condition, { ...watch, lastMs: atMs }, { breached, atMs, inTime: step.inTime });
  return decide(condition, seen, { atMs, inTime: step.inTime });
}

interface Seen {
  readonly breached: boolean;
  readonly atMs: number;
  readonly inTime: boolean;
}

/** What begins outside of its time begins when its time does. */
function see({ repeat }: Condition, watch: Watch, { breached, atMs, inTime }: Seen): Watch {
  if (!breached) return { ...watch, breached, sinceMs: undefined, onsets: recent(watch.onsets, repeat, atMs) };
  if (!inTime && !watch.open)
    return { ...watch, breached, sinceMs: undefined, onsets: recent(watch.onsets, repeat, atMs) };
  const begins = !watch.breached && repeat !== undefined;
  const onsets = begins ? [...watch.onsets, atMs] : watch.onsets;
  return { ...watch, breached, sinceMs: watch.sinceMs ?? atMs, onsets: recent(onsets, repeat, atMs) };
}

/** Bounded by what a rule may ask for. */
function recent(onsets: readonly number[], repeat: Condition['repeat'], atMs: number): readonly number[] {
  if (!repeat) return none;
  return onsets.filter((at) => at > atMs - repeat.withinMinutes * 60_000).slice(-repeat.times);
}
const none: readonly number[] = [];

function decide(condition: Condition, watch: Watch, { atMs, inTime }: Pick<Seen, 'atMs' | 'inTime'>): Stepped {
  const { repeat, forMinutes } = condition;
  if (watch.open) {
    // What came again and again is over when it has not come for as long as its repeats count.
    const isOver = !watch.breached && (!repeat || watch.onsets.length === 0);
    return isOver
      ? { watch: { ...watch, open: false, onsets: none }, effect: 'resolve' }
      : { watch, effect: undefined };
  }
  const lasts = watch.sinceMs !== undefined && atMs - watch.sinceMs >= forMinutes * 60_000;
  const opens = repeat ? watch.onsets.length >= repeat.times : watch.breached && lasts;
  return inTime && opens ? { watch: { ...watch, open: true }, effect: 'open' } : { watch, effect: undefined };
}

/** Undefined for a value that cannot be compared. `before`: it was on the wrong side, so that only `clear` ends it. */
function isBreached({ operator, threshold, clear }: Condition, value: Value, before: boolean): boolean | undefined {
  if (operator === 'equals') return value === threshold;
  if (operator === 'differs') return value !== threshold;
  if (typeof value !== 'number' || typeof threshold !== 'number' || !Number.isFinite(value)) return undefined;
  const edge = before ? (clear ?? threshold) : threshold;
  // At the threshold nothing is wrong yet; at the clear threshold all is well again.
  return operator === 'above' ? value > edge : value < edge;
}

/** The wanted values of a state by the path below its capability: items of lists are looked at one by one. */
export function valuesAt(state: unknown, path: readonly string[]): readonly Value[] {
  if (Array.isArray(state)) return state.slice(0, 256).flatMap((item) => valuesAt(item, path));
  const [key, ...rest] = path;
  if (key === undefined) return isValue(state) ? [state] : [];
  if (typeof state !== 'object' || state === null || !Object.hasOwn(state, key)) return [];
  return valuesAt((state as Readonly<Record<string, unknown>>)[key], rest);
}

function isValue(value: unknown): value is Value {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string';
}

/** Of several values the one that is worst for this condition, so that one item that fits is enough. */
export function worstOf({ operator, threshold }: Condition, values: readonly Value[]): Value | undefined {
  if (operator === 'equals') return values.includes(threshold) ? threshold : values[0];
  if (operator === 'differs') return values.find((value) => value !== threshold) ?? values[0];
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length === 0) return undefined;
  return operator === 'above' ? Math.max(...numbers) : Math.min(...numbers);
}
