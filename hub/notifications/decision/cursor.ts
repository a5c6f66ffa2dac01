/** Where the reader of an append-only table stands. */
export interface ReadPosition {
  /** Everything up to here was read or given up. */
  readonly through: number;
  /** Ids up to `through` that were not there: their transaction may still commit. */
  readonly gaps: readonly { readonly id: number; readonly sinceMs: number }[];
}

/** A transaction that takes longer was rolled back. */
const gapMs = 10 * 60_000;
const mostGaps = 1_000;

/**
 * The position after reading `ids`, in any order. Ids are given out before the commit, so a lower one may come after a higher
 * one: it stays a gap for ten minutes. Of more than 1,000 gaps the oldest are given up.
 */
export function advance(position: ReadPosition, ids: readonly number[], nowMs: number): ReadPosition {
  const read = new Set(ids);
  const through = Math.max(position.through, ...ids);
  const gaps = position.gaps.filter(({ id, sinceMs }) => !read.has(id) && nowMs - sinceMs < gapMs);
  const from = Math.max(position.through, through - mostGaps - ids.length);
  for (let id = from + 1; id < through; id++) if (!read.has(id)) gaps.push({ id, sinceMs: nowMs });
  return { through, gaps: gaps.slice(-mostGaps) };
}
