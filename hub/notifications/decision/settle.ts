import { isAtLeast, type Severity } from './severity.ts';
import { type Digest, digestAt, type QuietHours, quietUntil } from './time.ts';

/**
 * What a recipient is to be told of one cause. It is decided from how cause and thread stand now, never from a single event:
 * an event that comes twice, late or in another order leads to the same.
 */

/** A subscription as it counts for one recipient. */
export interface Rule {
  /** Subtrees by the path of their root. */
  readonly paths: readonly string[];
  readonly least: Severity;
  /** All kinds when undefined. */
  readonly kinds: readonly string[] | undefined;
  /** How long a cause must stand before it is told; by its severity when undefined. */
  readonly holdMs: number | undefined;
  readonly quiet: QuietHours | undefined;
  readonly digest: Digest;
  readonly timeZone: string;
}

export interface CauseFact {
  readonly id: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly unitPath: string;
  readonly affected: number;
  readonly openedAtMs: number;
  readonly resolvedAtMs: number | undefined;
  readonly isMuted: boolean;
}

export interface Due {
  readonly what: 'opening' | 'update' | 'closing';
  readonly atMs: number;
  readonly inDigest: boolean;
}

/** What was told of a cause, and what is still to be. */
export interface Thread {
  /** Nothing told yet; told that it is open; told, or spared, that it is over; not to be told for now. */
  readonly stage: 'waiting' | 'told' | 'closed' | 'silent';
  readonly due: Due | undefined;
  readonly toldAffected: number;
  readonly toldSeverity: Severity | undefined;
  readonly toldAtMs: number | undefined;
}

/** A cause that ends sooner was a passing one, and nobody hears of it. */
export const holdMsBySeverity: Readonly<Record<Severity, number>> = {
  critical: 30_000,
  major: 2 * 60_000,
  minor: 10 * 60_000,
  notice: 30 * 60_000,
};

/** Growth is told when it is at least this much, and not more often than this. */
const growth = { factor: 2, least: 3, everyMs: 15 * 60_000 } as const;

const fresh: Thread = {
  stage: 'waiting',
  due: undefined,
  toldAffected: 0,
  toldSeverity: undefined,
  toldAtMs: undefined,
};

/** Whether a subscription is about this cause. */
export function concerns(rule: Rule, cause: Pick<CauseFact, 'kind' | 'severity' | 'unitPath'>): boolean {
  return isAbout(rule, cause) && isAtLeast(cause.severity, rule.least);
}

/** `rules` are all of one recipient. Undefined: there is nothing to remember. */
export function settle(
  thread: Thread | undefined,
  cause: CauseFact,
  rules: readonly Rule[],
  nowMs: number,
): Thread | undefined {
  if (cause.resolvedAtMs !== undefined) return settleResolved(thread, cause, rules, nowMs);
  const matching = rules.filter((rule) => concerns(rule, cause));
  if (thread?.stage === 'told') return { ...thread, due: updateDue(thread, cause, matching, nowMs) };
  if (cause.isMuted || matching.length === 0) {
    if (!thread || thread.stage === 'closed') return thread;
    return { ...thread, stage: 'silent', due: undefined };
  }
  return { ...(thread ?? fresh), stage: 'waiting', due: openingDue(cause, matching, nowMs) };
}

function settleResolved(
  thread: Thread | undefined,
  cause: CauseFact,
  rules: readonly Rule[],
  nowMs: number,
): Thread | undefined {
  if (!thread || thread.stage === 'closed') return thread;
  const own = rules.filter((rule) => isAbout(rule, cause));
  // Who was never told, or wants no word any more, hears nothing of the end either.
  if (thread.stage !== 'told' || own.length === 0) return { ...thread, stage: 'closed', due: undefined };
  if (thread.due?.what === 'closing') return thread;
  return { ...thread, due: earliest(own.map((rule) => dueOf('closing', rule, cause, nowMs))) };
}

function openingDue(cause: CauseFact, matching: readonly Rule[], nowMs: number): Due | undefined {
  return earliest(
    matching.map((rule) => {
      const holdMs = rule.holdMs ?? holdMsBySeverity[cause.severity];
      return dueOf('opening', rule, cause, Math.max(nowMs, cause.openedAtMs + holdMs));
    }),
  );
}

function updateDue(thread: Thread, cause: CauseFact, matching: readonly Rule[], nowMs: number): Due | undefined {
  const isWorse =
    thread.toldSeverity !== undefined &&
    thread.toldSeverity !== cause.severity &&
    isAtLeast(cause.severity, thread.toldSeverity);
  const grown = cause.affected - thread.toldAffected;
  const hasGrown = grown >= growth.least && cause.affected >= thread.toldAffected * growth.factor;
  if (cause.isMuted || !(isWorse || hasGrown)) return undefined;
  const from = Math.max(nowMs, (thread.toldAtMs ?? nowMs) + growth.everyMs);
  return earliest(matching.map((rule) => dueOf('update', rule, cause, from)));
}

/** Quiet hours put off, and then the digest gathers; a digest that falls into quiet hours waits for their end. */
function dueOf(what: Due['what'], rule: Rule, { severity }: CauseFact, fromMs: number): Due {
  const awake = quietUntil(rule.quiet, rule.timeZone, severity, fromMs);
  const gathered = digestAt(rule.digest, rule.timeZone, awake);
  const atMs = quietUntil(rule.quiet, rule.timeZone, severity, gathered);
  return { what, atMs, inDigest: rule.digest.every !== 'none' };
}

function earliest(dues: readonly Due[]): Due | undefined {
  return [...dues].sort((a, b) => a.atMs - b.atMs || Number(a.inDigest) - Number(b.inDigest))[0];
}

function isAbout({ paths, kinds }: Rule, { kind, unitPath }: Pick<CauseFact, 'kind' | 'unitPath'>): boolean {
  return paths.some((path) => unitPath.startsWith(path)) && (kinds === undefined || kinds.includes(kind));
}

/** How a thread stands once what was due is handed over. */
export function told(thread: Thread, cause: CauseFact, nowMs: number): Thread {
  const { due } = thread;
  if (!due) return thread;
  return {
    stage: due.what === 'closing' ? 'closed' : 'told',
    due: undefined,
    toldAffected: cause.affected,
    toldSeverity: cause.severity,
    toldAtMs: nowMs,
  };
}
