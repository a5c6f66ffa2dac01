import { toError } from '../protocols/errors.ts';
import type { MachineFingerprint } from '../protocols/fleet/enrolment.ts';
import type { Clock, Log } from '../protocols/ports.ts';
import type { HostFacts, HostPort } from './devices/driver.ts';

/** A machine that does not tell within this greets without its fingerprint. */
const readLimitMs = 15_000;

/** What tells this machine from its clone; `given` stands for all of it where several agents share one machine. */
export function fingerprintOf(
  { serial, tpmKey, interfaces, disks }: HostFacts,
  given: string | undefined,
): MachineFingerprint {
  if (given !== undefined) return known(given);
  const macs = interfaces.map(({ mac }) => mac).filter((mac) => mac && mac !== '00:00:00:00:00:00');
  return {
    ...(serial ? { boardSerial: serial.slice(0, 120) } : {}),
    ...(tpmKey === undefined ? {} : { tpmKey }),
    macs: [...new Set(macs)].slice(0, 32),
    diskSerials: disks
      .map((disk) => disk.serial.slice(0, 120))
      .filter(Boolean)
      .slice(0, 32),
  };
}

/** Reads the fingerprint of this machine; undefined, with a word in the log, when it cannot be had. */
export async function readFingerprint(
  { host, clock, log }: { readonly host: HostPort; readonly clock: Clock; readonly log: Log },
  given: string | undefined,
): Promise<MachineFingerprint | undefined> {
  if (given !== undefined) return known(given);
  using deadline = clock.deadline(readLimitMs);
  try {
    return fingerprintOf(await host.facts(deadline.signal), given);
  } catch (thrown) {
    log.warn('the machine does not say who it is; the hub cannot tell it from a copy', { error: toError(thrown) });
    return undefined;
  }
}

function known(serial: string): MachineFingerprint {
  return { boardSerial: serial, macs: [], diskSerials: [] };
}
