import type { DoorCause } from './facts.ts';

/** In the order in which they are told. */
export type CheckName =
  | 'identity'
  | 'certificate'
  | 'running'
  | 'name'
  | 'gateway'
  | 'broker'
  | 'clock'
  | 'folder'
  | 'disk'
  | 'outbox'
  | 'memory'
  | 'policy'
  | 'devices'
  | 'needs'
  | 'local-broker';

/** What is wrong; each has a sentence and a remedy in both languages. */
export type Cause =
  | DoorCause
  | 'not-enrolled'
  | 'prepared'
  | 'voucher-used'
  | 'voucher-late'
  | 'voucher-refused'
  | 'identity-broken'
  | 'not-permitted'
  | 'certificate-expired'
  | 'certificate-ahead'
  | 'renewal-late'
  | 'not-running'
  | 'hung'
  | 'name-unknown'
  | 'clock-off'
  | 'folder-absent'
  | 'folder-not-writable'
  | 'disk-full'
  | 'disk-tight'
  | 'files-full'
  | 'outbox-full'
  | 'outbox-filling'
  | 'memory-low'
  | 'policy-empty'
  | 'devices-outside'
  | 'program-missing'
  | 'server-missing'
  | 'broker-disabled'
  | 'port-taken'
  | 'port-unusable'
  | 'broker-silent';

/**
 * `attention` will become a fault if nobody looks; `unseen` could not be looked at; `not-needed` concerns nothing here.
 * Only a `fault` makes the whole examination fail.
 */
export type Verdict = 'ok' | 'attention' | 'fault' | 'unseen' | 'not-needed';

export interface Finding {
  readonly check: CheckName;
  readonly verdict: Verdict;
  /** There with `attention` and `fault`. */
  readonly cause?: Cause;
  /** What was seen, in no language. */
  readonly facts: readonly string[];
  /** The words of the machine. */
  readonly detail?: string;
}

export function ok(check: CheckName, ...facts: readonly string[]): Finding {
  return { check, verdict: 'ok', facts };
}

export function fault(check: CheckName, cause: Cause, facts: readonly string[], detail?: string): Finding {
  return { check, verdict: 'fault', cause, facts, ...(detail === undefined ? {} : { detail }) };
}

export function attention(check: CheckName, cause: Cause, ...facts: readonly string[]): Finding {
  return { check, verdict: 'attention', cause, facts };
}

export function unseen(check: CheckName, detail?: string): Finding {
  return { check, verdict: 'unseen', facts: [], ...(detail === undefined ? {} : { detail }) };
}

export function notNeeded(check: CheckName): Finding {
  return { check, verdict: 'not-needed', facts: [] };
}

/** A size for a person, in the units that disks are sold in. */
export function sizeText(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
