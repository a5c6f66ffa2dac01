/** How the page hears from the hub. Nothing on the page counts as live unless this is `live`. */
export type LinkStatus = 'live' | 'reconnecting' | 'lost';

export interface Link {
  readonly status: LinkStatus;
  /** Failed attempts since the last time it was live. */
  readonly attempts: number;
  /** Since when it is not live; undefined while live. Milliseconds since the epoch. */
  readonly downSince: number | undefined;
}

export type LinkInput = { readonly type: 'opened' | 'failed' | 'unanswered'; readonly at: number };

export const firstLink: Link = { status: 'reconnecting', attempts: 0, downSince: undefined };

const lostAfterAttempts = 3;
const firstDelayMs = 1_000;
const longestDelayMs = 30_000;

/** The next state of the link. A request without an answer casts doubt on a stream that still seems open. */
export function nextLink(link: Link, input: LinkInput): Link {
  if (input.type === 'opened') return { status: 'live', attempts: 0, downSince: undefined };
  const downSince = link.downSince ?? input.at;
  if (input.type === 'unanswered' && link.status !== 'live') return { ...link, downSince };
  const attempts = link.attempts + 1;
  return { status: attempts >= lostAfterAttempts ? 'lost' : 'reconnecting', attempts, downSince };
}

/** Wait before attempt number `attempts`, doubled each time up to 30 s; `spread` 0 to 1 keeps pages from coming back all at once. */
export function retryDelayMs(attempts: number, spread: number): number {
  const full = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.max(0, attempts - 1));
  return Math.round(full * (0.5 + spread / 2));
}
