/**
 * The storm guard: how many single messages a recipient gets before they are gathered into one digest. Pure.
 */

/** What a recipient was told lately. */
export interface Load {
  readonly windowFromMs: number;
  /** Single messages since then. */
  readonly singles: number;
  /** A storm is being gathered, until then. */
  readonly gatherUntilMs: number | undefined;
  /** The last digest of a storm. */
  readonly digestAtMs: number | undefined;
}

export interface Limits {
  /** Single messages a window. */
  readonly singles: number;
  readonly windowMs: number;
  /** How long a storm is gathered from its first cause on. */
  readonly gatherMs: number;
}

const minuteMs = 60_000;

/** A person takes in a handful of messages; a program takes in many. */
export function limitsOf(channel: 'in-app' | 'email' | 'zalo' | 'webhook'): Limits {
  const singles = { 'in-app': 10, email: 5, zalo: 5, webhook: 60 }[channel];
  return { singles, windowMs: 10 * minuteMs, gatherMs: 30_000 };
}

export interface Release<T> {
  readonly singles: readonly T[];
  /** What goes into one digest. */
  readonly digest: readonly T[];
  /** Stays due; it is asked again at each run. */
  readonly later: readonly T[];
  readonly load: Load;
}

/**
 * Splits what is due for one recipient. `scheduled` goes by a digest that the recipient wanted, whatever else there is.
 * Nothing is lost: everything is in exactly one of the three lists.
 */
export function release<T>(
  load: Load | undefined,
  due: { readonly scheduled: readonly T[]; readonly immediate: readonly T[] },
  limits: Limits,
  nowMs: number,
): Release<T> {
  const standing = windowAt(load, limits, nowMs);
  const { scheduled, immediate } = due;
  if (immediate.length === 0) return { singles: [], digest: scheduled, later: [], load: standing };
  const { gatherUntilMs } = standing;
  if (gatherUntilMs === undefined && standing.singles + immediate.length <= limits.singles) {
    const next = { ...standing, singles: standing.singles + immediate.length };
    return { singles: immediate, digest: scheduled, later: [], load: next };
  }
  if (gatherUntilMs === undefined) {
    const notBefore = (standing.digestAtMs ?? Number.NEGATIVE_INFINITY) + limits.windowMs;
    const gathering = { ...standing, gatherUntilMs: Math.max(nowMs + limits.gatherMs, notBefore) };
    return { singles: [], digest: scheduled, later: immediate, load: gathering };
  }
  if (nowMs < gatherUntilMs) return { singles: [], digest: scheduled, later: immediate, load: standing };
  const calm = { ...standing, gatherUntilMs: undefined, digestAtMs: nowMs };
  return { singles: [], digest: [...scheduled, ...immediate], later: [], load: calm };
}

function windowAt(load: Load | undefined, { windowMs }: Limits, nowMs: number): Load {
  if (load && nowMs - load.windowFromMs < windowMs) return load;
  return {
    windowFromMs: nowMs,
    singles: 0,
    gatherUntilMs: load?.gatherUntilMs,
    digestAtMs: load?.digestAtMs,
  };
}
