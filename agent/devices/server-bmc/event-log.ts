import type { LogLine } from './controller.ts';

/** What was seen of an event log. Bounded: the keys of the newest entries only. */
export interface LogMemory {
  /** Undefined before the log was read for the first time. */
  readonly seen: ReadonlySet<string> | undefined;
  /** The newest time in it. */
  readonly newestAt: number | undefined;
}

export const noLogMemory: LogMemory = { seen: undefined, newestAt: undefined };

/** More than any one reading of a log holds. */
const mostSeen = 2_048;
/** More than these at once is a log that says everything again. */
const mostNews = 16;
/** How far a controller's clock may be ahead. */
const futureMs = 86_400_000;

/**
 * Entries that were not there before, newest last, at most 16; `nowMs` is the agent's wall clock. The first reading tells nothing: what was in the log before the
 * agent came is no news. An entry that is older than the newest one known is none either: it only came back into view
 * because others were deleted.
 */
export function newEntries(
  memory: LogMemory,
  entries: readonly LogLine[],
  nowMs: number,
): { readonly memory: LogMemory; readonly news: readonly LogLine[] } {
  const { seen, newestAt } = memory;
  const isLate = ({ at }: LogLine) => at !== undefined && newestAt !== undefined && at < newestAt;
  const unseen = new Map(entries.filter(({ key }) => !seen?.has(key)).map((entry) => [entry.key, entry]));
  const news = seen === undefined ? [] : [...unseen.values()].filter((entry) => !isLate(entry));
  const keys = [...(seen ?? []), ...unseen.keys()];
  // A line from the future is of a clock that was wrong: taken for the newest, it would hide all that follow it.
  const times = entries.flatMap(({ at }) => (at !== undefined && at <= nowMs + futureMs ? [at] : []));
  return {
    memory: {
      seen: new Set(keys.slice(-mostSeen)),
      newestAt: times.reduce<number | undefined>((newest, at) => Math.max(at, newest ?? at), newestAt),
    },
    news: news.slice(-mostNews),
  };
}
