/** Viet Nam has one time zone, UTC+7, and no summer time since 1975. */
const offsetMs = 7 * 3_600_000;

/** The day in Viet Nam at an instant: `2025-07-01`. */
export function dayOf(ms: number): string {
  return new Date(ms + offsetMs).toISOString().slice(0, 10);
}
