import type { CapabilityState, ReportedStates } from '../../protocols/fleet/capabilities/index.ts';
import { type Configuration, standingOf, type Wish } from '../../protocols/fleet/configuration/configuration.ts';
import type { SettingCommand } from '../../protocols/fleet/configuration/setting.ts';
import { findSetting } from '../../protocols/fleet/configuration/settings.ts';
import type { Problem } from '../../protocols/fleet/problem.ts';

/** What a device is made to keep: pure decisions about when to set what. */

type Row = CapabilityState<'configuration'>['settings'][number];

/** What is remembered of one wish. */
export interface Kept {
  readonly wish: Wish;
  readonly standing: Row['standing'];
  readonly sinceMs: number;
  readonly tries: number;
  /** Not to be set before this. */
  readonly notBeforeMs: number;
  /** A wish that is kept at power-on waits for its turn in this life of the device. */
  readonly isDue: boolean;
  /** When it was as wished, and then was not any more. */
  readonly lostAtMs: readonly number[];
  readonly problem?: Problem;
}

export type KeepingState = ReadonlyMap<string, Kept>;

export interface KeepingInput {
  readonly configuration: Configuration;
  readonly states: ReportedStates;
  /** The device answers and accepts us. */
  readonly isUp: boolean;
  /** It has come on since the last plan. */
  readonly cameOn: boolean;
  readonly nowMs: number;
}

export interface KeepingPlan {
  readonly state: KeepingState;
  /** What to set now: one thing at a time. */
  readonly act: { readonly key: string; readonly command: SettingCommand } | undefined;
  /** When to plan again although nothing has happened. */
  readonly wakeAtMs: number | undefined;
}

const minute = 60_000;
const hour = 60 * minute;
/** Pauses between tries of one setting; the last one repeats. */
const pausesMs = [minute, 5 * minute, 30 * minute, 6 * hour] as const;
/** This often lost within the time: somebody else wants it otherwise, and a person must decide. */
const contest = { times: 5, withinMs: hour, restMs: 6 * hour } as const;
/** A wish of power-on is given up for this life after so many tries. */
const mostTriesAtPowerOn = 3;

/** Compares wishes with reports, and says what to set next. */
export function planKeeping(before: KeepingState, input: KeepingInput): KeepingPlan {
  const state = new Map<string, Kept>();
  for (const [key, wish] of Object.entries(input.configuration))
    state.set(key, stand(key, wish, before.get(key), input));
  const waiting = [...state].flatMap(([key, kept]) => {
    const command = commandOf(key, kept, input);
    return command ? [{ key, command, notBeforeMs: kept.notBeforeMs }] : [];
  });
  const [next] = waiting.sort((a, b) => a.notBeforeMs - b.notBeforeMs);
  const isNow = next !== undefined && next.notBeforeMs <= input.nowMs;
  return {
    state,
    act: isNow ? { key: next.key, command: next.command } : undefined,
    wakeAtMs: isNow ? undefined : next?.notBeforeMs,
  };
}

/** What is remembered after a setting was set: it is given time to show before it is set again. */
export function afterTry(kept: Kept, nowMs: number, problem?: Problem): Kept {
  const pauseMs = pausesMs[Math.min(kept.tries, pausesMs.length - 1)] ?? hour;
  const { problem: _old, ...rest } = kept;
  return { ...rest, tries: kept.tries + 1, notBeforeMs: nowMs + pauseMs, ...(problem ? { problem } : {}) };
}

/** The rows that are told to the hub, sorted by key. */
export function rowsOf(state: KeepingState): Row[] {
  return [...state]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { standing, sinceMs, tries, problem }]) => ({
      key,
      standing,
      since: sinceMs,
      tries,
      ...(problem ? { problem } : {}),
    }));
}

function stand(key: string, wish: Wish, before: Kept | undefined, { states, cameOn, nowMs }: KeepingInput): Kept {
  const found = standingOf(key, wish.value, states).standing;
  const isAnew = !before || JSON.stringify(before.wish) !== JSON.stringify(wish);
  const base: Kept = isAnew
    ? { wish, standing: found, sinceMs: nowMs, tries: 0, notBeforeMs: nowMs, isDue: false, lostAtMs: [] }
    : before;
  const due = { ...base, isDue: (base.isDue || cameOn) && found !== 'same' };
  if (found !== 'differs') return settled(due, found, nowMs);
  const lost = due.standing === 'same' && wish.keeping === 'heal';
  const lostAtMs = lost ? [...due.lostAtMs, nowMs].filter((at) => nowMs - at < contest.withinMs) : due.lostAtMs;
  if (lost && lostAtMs.length >= contest.times)
    return { ...due, lostAtMs: [], standing: 'contested', sinceMs: nowMs, notBeforeMs: nowMs + contest.restMs };
  const stays = due.standing === 'contested' && nowMs < due.notBeforeMs;
  const standing = stays ? 'contested' : due.tries > 0 ? 'failed' : 'differs';
  return { ...due, lostAtMs, standing, sinceMs: standing === due.standing ? due.sinceMs : nowMs };
}

function settled(kept: Kept, standing: Row['standing'], nowMs: number): Kept {
  const { problem: _done, ...rest } = kept;
  return { ...rest, standing, tries: 0, notBeforeMs: 0, sinceMs: standing === kept.standing ? kept.sinceMs : nowMs };
}

/** What sets this wish right, if it is to be set at all in this life of the device. */
function commandOf(key: string, kept: Kept, { states, isUp }: KeepingInput): SettingCommand | undefined {
  const found = standingOf(key, kept.wish.value, states);
  if (found.standing !== 'differs' || !isUp || !isOn(states)) return undefined;
  const { keeping } = kept.wish;
  if (keeping === 'report') return undefined;
  if (keeping === 'power-on' && (!kept.isDue || kept.tries >= mostTriesAtPowerOn)) return undefined;
  return found.command;
}

/** What is off takes no settings; what has no power state is on while it answers. */
function isOn({ power }: ReportedStates): boolean {
  return power === undefined || power['state'] === 'on';
}

/** The capabilities whose reports a plan for these wishes reads. */
export function watchedBy(configuration: Configuration): ReadonlySet<string> {
  const own = Object.keys(configuration).flatMap((key) => findSetting(key)?.capability ?? []);
  return new Set([...own, 'power', 'reachability']);
}
