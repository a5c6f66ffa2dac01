/** A line over time for drawing: seconds since the epoch, and the mean, least and greatest value of each step. */
export interface Series {
  readonly times: readonly number[];
  readonly mean: readonly (number | null)[];
  readonly least: readonly (number | null)[];
  readonly greatest: readonly (number | null)[];
}

type Point = readonly [time: number, mean: number, min: number, max: number, count: number];

export const emptySeries: Series = { times: [], mean: [], least: [], greatest: [] };

/** Longest distance between neighbours that is still drawn as one line; beyond it the line breaks, for nothing is known there. */
const gapMs = { raw: 11 * 60_000, '5m': 16 * 60_000, '1h': 2.5 * 3_600_000 } as const;

interface Draft {
  times: number[];
  mean: (number | null)[];
  least: (number | null)[];
  greatest: (number | null)[];
}

function push(draft: Draft, time: number, mean: number | null, least: number | null, greatest: number | null): void {
  draft.times.push(time / 1000);
  draft.mean.push(mean);
  draft.least.push(least);
  draft.greatest.push(greatest);
}

/** Points of the hub (times in milliseconds, oldest first) as a series; a gap becomes a break in the line. */
export function seriesOf(points: readonly Point[], step: keyof typeof gapMs): Series {
  const draft: Draft = { times: [], mean: [], least: [], greatest: [] };
  let before: number | undefined;
  for (const [time, mean, least, greatest] of points) {
    if (before !== undefined && time - before > gapMs[step]) push(draft, (time + before) / 2, null, null, null);
    push(draft, time, mean, least, greatest);
    before = time;
  }
  return draft;
}

/** The series with one live value at its end, without what is older than `windowMs`. A value that is not newer changes nothing. */
export function appendValue(series: Series, atMs: number, value: number, windowMs: number): Series {
  const last = series.times.at(-1);
  if (last !== undefined && atMs / 1000 <= last) return series;
  const start = series.times.findIndex((time) => time * 1000 >= atMs - windowMs);
  const from = start < 0 ? series.times.length : start;
  return {
    times: [...series.times.slice(from), atMs / 1000],
    mean: [...series.mean.slice(from), value],
    least: [...series.least.slice(from), value],
    greatest: [...series.greatest.slice(from), value],
  };
}

/** Least, greatest and last known value, for the sentence under the drawing; undefined when there is none. */
export function summaryOf(
  series: Series,
): { readonly least: number; readonly greatest: number; readonly last: number } | undefined {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  let last: number | undefined;
  series.mean.forEach((mean, index) => {
    if (mean === null) return;
    least = Math.min(least, series.least[index] ?? mean);
    greatest = Math.max(greatest, series.greatest[index] ?? mean);
    last = mean;
  });
  return last === undefined ? undefined : { least, greatest, last };
}
