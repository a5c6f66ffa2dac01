/** When a certificate is valid, milliseconds since the Unix epoch. */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** A renewal is due at this part of a certificate's life; the hub takes none earlier. */
const dueAt = 2 / 3;
/** The wall clock is looked at this often, because it may jump. */
const lookMs = 3_600_000;
const retryMs = { least: 60_000, most: 6 * 3_600_000 } as const;

/** Whether the certificate should be renewed now. */
export function isRenewalDue({ notBeforeMs, notAfterMs }: Validity, nowMs: number): boolean {
  return nowMs >= notBeforeMs + (notAfterMs - notBeforeMs) * dueAt;
}

/**
 * How long to wait before looking again. While nothing is due: until it is, at most an hour. After `failures` refused tries:
 * 1 minute, doubling up to 6 hours. Both spread by `random` in [0, 1), so that agents enrolled together do not come together.
 */
export function renewalWaitMs(validity: Validity, nowMs: number, failures: number, random: number): number {
  const spread = 0.75 + random / 2;
  if (failures > 0) return Math.min(retryMs.most, retryMs.least * 2 ** (failures - 1)) * spread;
  const due = validity.notBeforeMs + (validity.notAfterMs - validity.notBeforeMs) * dueAt;
  return Math.min(Math.max(due - nowMs, 1_000), lookMs) * (1 + random / 4);
}
