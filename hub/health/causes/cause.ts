import type { CauseKind, HealthCodeName } from '../judgement/codes.ts';
import type { HintName } from './hints.ts';

/**
 * A cause that stands open. `deviceId` is absent when it concerns the agent or several of its devices, `agentId` too when it
 * reaches beyond one agent: then it is about its unit.
 */
export interface OpenCause {
  readonly id: string;
  readonly kind: CauseKind;
  readonly code: HealthCodeName;
  readonly agentId: string | undefined;
  readonly deviceId: string | undefined;
  readonly unitId: number;
  readonly affected: number;
  readonly affectedPeak: number;
  readonly openedAtMs: number;
  readonly hint?: HintName | undefined;
}

/** A cause as it should stand, with the devices under it. */
export interface WantedCause {
  readonly key: string;
  readonly kind: CauseKind;
  readonly code: HealthCodeName;
  readonly agentId: string | undefined;
  readonly deviceId: string | undefined;
  readonly unitId: number;
  readonly openedAtMs: number;
  readonly hint: HintName | undefined;
  /** Sorted by id. */
  readonly members: readonly string[];
}

export interface CausePlan {
  readonly open: readonly WantedCause[];
  readonly update: readonly { readonly cause: OpenCause; readonly wanted: WantedCause }[];
  readonly resolve: readonly OpenCause[];
  /** All causes that stand afterwards, by key. */
  readonly standing: ReadonlyMap<string, WantedCause>;
}

/** Names the one thing that a cause is about, within its agent, or within the fleet when it reaches beyond one. */
export function keyOf({
  kind,
  agentId,
  deviceId,
  unitId,
}: Pick<OpenCause, 'kind' | 'agentId' | 'deviceId' | 'unitId'>): string {
  return agentId === undefined ? `${kind} @${unitId}` : `${kind} ${deviceId ?? '*'}`;
}
