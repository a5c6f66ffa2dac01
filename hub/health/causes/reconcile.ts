import { type CausePlan, keyOf, type OpenCause, type WantedCause } from './cause.ts';

/**
 * Compares what should stand with what stands, without doubles. A cause that turns out to be part of a wider one becomes it
 * where `becomes` allows: people keep the row they know. The order of both lists does not matter.
 */
export function reconcile(
  wanted: readonly WantedCause[],
  open: readonly OpenCause[],
  becomes: (cause: OpenCause, wanted: WantedCause) => boolean,
): CausePlan {
  const standing = new Map([...wanted].sort(byAge).map((cause) => [cause.key, cause]));
  const kept = new Map<string, OpenCause>();
  const over = new Set<OpenCause>();
  const sorted = [...open].sort((a, b) => a.openedAtMs - b.openedAtMs || (a.id < b.id ? -1 : 1));
  for (const cause of sorted) {
    const key = keyOf(cause);
    if (standing.has(key) && !kept.has(key)) kept.set(key, cause);
    else over.add(cause);
  }
  for (const [key, cause] of standing) {
    if (kept.has(key)) continue;
    const heir = [...over].find((one) => becomes(one, cause));
    if (!heir) continue;
    over.delete(heir);
    kept.set(key, heir);
  }
  const update = [...kept].flatMap(([key, cause]) => {
    const next = withHint(standing.get(key), cause);
    return next && differs(cause, next) ? [{ cause, wanted: next }] : [];
  });
  return { open: [...standing.values()].filter(({ key }) => !kept.has(key)), update, resolve: [...over], standing };
}

/** What was known when it began is the better ground for a guess: it stays as long as the finding does. */
function withHint(wanted: WantedCause | undefined, { kind, code, hint }: OpenCause): WantedCause | undefined {
  if (!wanted || hint === undefined || wanted.kind !== kind || wanted.code !== code) return wanted;
  return { ...wanted, hint };
}

function byAge(a: WantedCause, b: WantedCause): number {
  return a.openedAtMs - b.openedAtMs || (a.key < b.key ? -1 : 1);
}

function differs(cause: OpenCause, wanted: WantedCause): boolean {
  return (
    cause.affected !== wanted.members.length ||
    cause.code !== wanted.code ||
    cause.kind !== wanted.kind ||
    cause.unitId !== wanted.unitId ||
    cause.hint !== wanted.hint
  );
}
