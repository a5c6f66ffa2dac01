import { FleetError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Address, SightingOf, TcpPort } from '../devices/driver.ts';

/** One address and the ports that are looked at there. */
export interface SweepTarget {
  readonly host: string;
  readonly ports: readonly number[];
}

export interface SweepOptions {
  readonly tcp: TcpPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** At a time: no more than a browser opens, so that neither switch nor firewall takes it for an attack. */
const parallel = 20;
/** A machine in the same building answers within milliseconds, also to refuse. */
const connectMs = 800;
/** An address that says nothing twice is nobody, or wants to be. */
const silencesToGiveUp = 2;
/** The rest comes with the next round. */
const limitMs = 120_000;

/**
 * Opens and closes ports without sending a byte, at one address after another. Says what is open, and how many of the targets
 * were looked at before the time was over. Throws only the signal's reason.
 */
export async function sweepPorts(
  targets: readonly SweepTarget[],
  { tcp, clock, log, signal }: SweepOptions,
): Promise<{ readonly open: readonly SightingOf<'open-port'>[]; readonly looked: number }> {
  using deadline = clock.deadline(limitMs, signal);
  const open: SightingOf<'open-port'>[] = [];
  let next = 0;
  const worker = async () => {
    for (let target = targets[next++]; target && !deadline.signal.aborted; target = targets[next++]) {
      const { host } = target;
      for (const port of await openPortsOf(target, tcp, deadline.signal)) open.push({ kind: 'open-port', host, port });
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, targets.length) }, worker));
  signal.throwIfAborted();
  const looked = deadline.signal.aborted ? Math.max(0, Math.min(next - parallel, targets.length)) : targets.length;
  if (looked < targets.length) log.info('the sweep goes on with the next round', { looked, of: targets.length });
  return { open, looked };
}

async function openPortsOf(
  { host, ports }: SweepTarget,
  tcp: TcpPort,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const open: number[] = [];
  let silences = 0;
  for (const port of ports) {
    if (signal.aborted || (open.length === 0 && silences >= silencesToGiveUp)) break;
    const answer = await knock({ host, port }, tcp, signal);
    if (answer === 'open') open.push(port);
    if (answer === 'silent') silences++;
    if (answer === 'absent') break;
  }
  return open;
}

async function knock(
  address: Address,
  tcp: TcpPort,
  signal: AbortSignal,
): Promise<'open' | 'closed' | 'silent' | 'absent'> {
  try {
    await using _ = await tcp.connect(address, { timeoutMs: connectMs, signal });
    return 'open';
  } catch (thrown) {
    if (!(thrown instanceof FleetError)) throw thrown;
    if (thrown.code === 'connection-refused' || thrown.code === 'address-not-allowed') return 'closed';
    return thrown.code === 'unreachable' ? 'absent' : 'silent';
  }
}
