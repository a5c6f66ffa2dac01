import type { DoctorFacts } from './facts.ts';
import { type Finding, unseen } from './finding.ts';
import { judgeCertificate, judgeClock, judgeDoor, judgeIdentity, judgeName, judgeRunning } from './hub-checks.ts';
import {
  judgeDevices,
  judgeDisk,
  judgeFolder,
  judgeLocalBroker,
  judgeMemory,
  judgeNeeds,
  judgeOutbox,
  judgePolicy,
} from './machine-checks.ts';

/** What the facts mean, in the order in which a person is told. Pure. */
export function judge(facts: DoctorFacts): readonly Finding[] {
  const { identity, hub, folder, dataDir, memory, policy, devices, needs } = facts;
  return [
    judgeIdentity(identity),
    judgeCertificate(facts),
    judgeRunning(facts),
    judgeName(hub.name),
    judgeDoor('gateway', hub.gateway),
    judgeDoor('broker', hub.broker),
    judgeClock(facts),
    // Who may not read it is no measure of whether the agent may write it.
    identity.state === 'forbidden' ? unseen('folder') : judgeFolder(folder, dataDir),
    judgeDisk(folder),
    judgeOutbox(facts),
    judgeMemory(memory),
    judgePolicy(policy),
    judgeDevices(devices),
    ...judgeNeeds(needs),
    judgeLocalBroker(facts),
  ];
}

/** Whether nothing is wrong; what only wants attention, or could not be seen, is no fault. */
export function isWell(findings: readonly Finding[]): boolean {
  return findings.every(({ verdict }) => verdict !== 'fault');
}
