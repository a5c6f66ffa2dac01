/** Half-open stretches of time in milliseconds. A list of them is sorted and its members neither touch nor overlap. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

export type Intervals = readonly Interval[];

/** Sorts and joins stretches in any order; empty ones vanish. */
export function unite(stretches: Iterable<Interval>): Intervals {
  const sorted = [...stretches].filter(({ fromMs, toMs }) => toMs > fromMs).sort((a, b) => a.fromMs - b.fromMs);
  const joined: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of sorted) {
    const last = joined.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else joined.push({ fromMs, toMs });
  }
  return joined;
}

/** What lies in both. */
export function intersect(a: Intervals, b: Intervals): Intervals {
  const both: Interval[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i], b[j]];
    if (!left || !right) break;
    const fromMs = Math.max(left.fromMs, right.fromMs);
    const toMs = Math.min(left.toMs, right.toMs);
    if (toMs > fromMs) both.push({ fromMs, toMs });
    if (left.toMs < right.toMs) i++;
    else j++;
  }
  return both;
}

/** What lies in `a` and not in `b`. */
export function subtract(a: Intervals, b: Intervals): Intervals {
  const first = a[0]?.fromMs ?? 0;
  const last = a.at(-1)?.toMs ?? 0;
  let fromMs = first;
  const gaps: Interval[] = [];
  for (const taken of b) {
    if (taken.toMs <= first) continue;
    if (taken.fromMs >= last) break;
    if (taken.fromMs > fromMs) gaps.push({ fromMs, toMs: taken.fromMs });
    fromMs = Math.max(fromMs, taken.toMs);
  }
  if (last > fromMs) gaps.push({ fromMs, toMs: last });
  return intersect(a, gaps);
}

export function lengthOf(intervals: Intervals): number {
  return intervals.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}
