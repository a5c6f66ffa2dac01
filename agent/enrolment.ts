import { FatalError, RecoverableError } from '../protocols/errors.ts';
import type { Clock } from '../protocols/ports.ts';
import { enrol } from '../provisioning/enrolment/enrol.ts';
import type { HostPort } from './devices/driver.ts';
import { isEnrolled, storeIdentity } from './identity.ts';
import { fingerprintOf } from './machine.ts';

export interface EnrolMachineOptions {
  readonly dataDir: string;
  /** Address of the hub's gateway, `https://host:port`. */
  readonly gateway: string;
  readonly voucher: string;
  /** Whether an identity that is here already may be replaced. */
  readonly replace: boolean;
  readonly agentVersion: string;
  readonly host: HostPort;
  /** What the machine is known by, where several agents share one. */
  readonly serial: string | undefined;
  /** Family of the driver that speaks to this machine itself. */
  readonly hostFamily: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Enrols this machine and keeps its identity. Throws FatalError `already-enrolled`, and as `enrol` does; the identity that was
 * here stands until the new one is complete.
 */
export async function enrolMachine(
  options: EnrolMachineOptions,
): Promise<{ readonly agentId: string; readonly name: string }> {
  const { dataDir, gateway, voucher, agentVersion, host, hostFamily, replace, clock, signal } = options;
  if (!replace && (await isEnrolled(dataDir))) {
    throw new FatalError('already-enrolled', `${dataDir} has an identity already; use --replace to give it up`);
  }
  const facts = await host.facts(signal);
  const machine = {
    fingerprint: fingerprintOf(facts, options.serial),
    hostname: facts.hostname,
    hostFamily,
    agentVersion,
  };
  const enrolled = await patiently(() => enrol({ hubUrl: gateway, voucher, clock, signal, ...machine }), options);
  await storeIdentity(dataDir, enrolled);
  return { agentId: enrolled.agentId, name: enrolled.name };
}

const tries = 4;

/** Tries again what may succeed later; the voucher is consumed only by a success. Throws the last failure. */
async function patiently<T>(work: () => Promise<T>, { clock, signal }: EnrolMachineOptions): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof RecoverableError) || ++failures >= tries) throw thrown;
      await clock.wait(2_000 * 2 ** failures, signal);
    }
  }
}
