import type { CapabilityState } from '../../protocols/fleet/capabilities/index.ts';
import type { Problem } from '../../protocols/fleet/problem.ts';
import type { DeviceErrorCode } from '../devices/error.ts';

/** What the agent's own probe says about a device. */
export type Verdict = CapabilityState<'reachability'>;
export type ReachabilityStatus = Verdict['status'];

/** A device that says so itself is there; one that closes or garbles has an open port; for the rest nobody answered. */
const statusOfCode: Readonly<Record<DeviceErrorCode, ReachabilityStatus>> = {
  unreachable: 'unreachable',
  refused: 'unreachable',
  timeout: 'reachable',
  'connection-lost': 'reachable',
  protocol: 'reachable',
  authentication: 'up-without-authentication',
  busy: 'up',
  unavailable: 'up',
  'device-fault': 'up',
  'no-effect': 'up',
  unsupported: 'up',
};

/** The status that a failed attempt proves. A problem that is no device error means that we could not even ask. */
export function statusOf(problem: Problem): ReachabilityStatus {
  return Object.hasOwn(statusOfCode, problem.code) ? statusOfCode[problem.code as DeviceErrorCode] : 'unreachable';
}

/** The verdict after new evidence; `since` moves only when the status does. */
export function nextVerdict(
  before: Verdict | undefined,
  status: ReachabilityStatus,
  problem: Problem | undefined,
  nowMs: number,
): Verdict {
  const since = before?.status === status ? before.since : nowMs;
  return problem === undefined ? { status, since } : { status, since, problem };
}
