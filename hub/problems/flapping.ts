/** Flap control: what comes and goes is one problem that stays open until it has been calm. */

export const flapLimits = {
  /** More openings than this within the time make it flap. */
  openings: 3,
  withinMs: 60 * 60_000,
  /** How long it must be well before it counts as over. */
  calmMs: 30 * 60_000,
  /** What opens again so soon after its end goes on as the same problem. */
  againMs: 30 * 60_000,
} as const;

/** Openings are remembered no further than they decide. */
const mostOpenings = 16;

export interface Openings {
  /** Milliseconds of the epoch, oldest first. */
  readonly openings: readonly number[];
  readonly flaps: boolean;
}

/** One opening more. `flaps` was so before: only calm ends it, not an old opening that falls out of the time. */
export function openedAgain({ openings, flaps }: Openings, atMs: number): Openings {
  const recent = [...openings, atMs].filter((at) => at > atMs - flapLimits.withinMs).slice(-mostOpenings);
  return { openings: recent, flaps: flaps || recent.length > flapLimits.openings };
}
