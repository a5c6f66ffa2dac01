import { type CauseFact, type Due, type Rule, settle, told } from './settle.ts';
import { type Limits, type Load, release } from './storm.ts';

/** How a cause went, for a look back. */
export type PastCause = Omit<CauseFact, 'isMuted'>;

export interface Foreseen {
  /** When each message would have come, milliseconds of the epoch. */
  readonly messagesAtMs: readonly number[];
  /** Causes that would have been told. */
  readonly causes: number;
  /** Causes that were over before they were told. */
  readonly spared: number;
}

/**
 * What these rules would have made of causes up to `untilMs`, by the same decisions as those of the hub. Growth and mutes are left
 * out: of each cause only how it began, and how it ended, is looked at.
 */
export function foresee(
  causes: readonly PastCause[],
  rules: readonly Rule[],
  limits: Limits,
  untilMs: number,
): Foreseen {
  const dues: Due[] = [];
  let toldCauses = 0;
  let spared = 0;
  for (const cause of causes) {
    const found = duesOf({ ...cause, isMuted: false }, rules);
    if (found === 'spared') spared++;
    else if (found.length > 0) toldCauses++;
    if (found !== 'spared') dues.push(...found);
  }
  return { messagesAtMs: gather(dues, limits, untilMs), causes: toldCauses, spared };
}

function duesOf(cause: CauseFact, rules: readonly Rule[]): 'spared' | readonly Due[] {
  const open = { ...cause, resolvedAtMs: undefined };
  const thread = settle(undefined, open, rules, cause.openedAtMs);
  const opening = thread?.due;
  if (!thread || !opening) return [];
  if (cause.resolvedAtMs === undefined) return [opening];
  if (cause.resolvedAtMs <= opening.atMs) return 'spared';
  const closing = settle(told(thread, open, opening.atMs), cause, rules, cause.resolvedAtMs)?.due;
  return closing ? [opening, closing] : [opening];
}

/** Plays the release of what is due through, moment by moment. */
function gather(dues: readonly Due[], limits: Limits, untilMs: number): number[] {
  const messages: number[] = [];
  const waiting = [...dues].sort((a, b) => a.atMs - b.atMs);
  let later: readonly Due[] = [];
  let load: Load | undefined;
  for (;;) {
    const atMs = Math.min(
      waiting[0]?.atMs ?? Number.POSITIVE_INFINITY,
      later.length > 0 ? (load?.gatherUntilMs ?? 0) : Number.POSITIVE_INFINITY,
    );
    if (atMs === Number.POSITIVE_INFINITY || atMs > untilMs) return messages;
    const count = waiting.findIndex((due) => due.atMs > atMs);
    const now = waiting.splice(0, count < 0 ? waiting.length : count);
    const immediate = [...later, ...now.filter(({ inDigest }) => !inDigest)];
    const released = release(load, { scheduled: now.filter(({ inDigest }) => inDigest), immediate }, limits, atMs);
    load = released.load;
    later = released.later;
    messages.push(...released.singles.map(() => atMs), ...(released.digest.length > 0 ? [atMs] : []));
  }
}
