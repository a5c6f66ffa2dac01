import type { DiscoveryContext, Driver } from '../devices/driver.ts';
import type { Address, TcpPort } from '../platform/network.ts';

/** A family whose usual port a device has open. */
export interface Look {
  readonly driver: Driver;
  readonly port: number;
  readonly isOpen: boolean;
  /** The family says itself that it may be asked without knowing: it searches for its devices in this very way. */
  readonly mayAsk: boolean;
}

/** SNMP and IPMI are asked by UDP, where nothing is open or closed: a TCP connection would say nothing about them. */
const datagramPorts: ReadonlySet<number> = new Set([161, 623]);
const lookMs = 3_000;
/** A device that is asked directly answers within seconds; a search of everybody takes longer. */
const discoverMs = 12_000;

/** Families with a usual TCP port, in the order of the registry; the others are never guessed at. */
export function guessable(drivers: readonly Driver[]): readonly (readonly [Driver, number])[] {
  return drivers.flatMap((driver) => {
    const { defaultPort: port } = driver;
    return port === undefined || datagramPorts.has(port) ? [] : [[driver, port] as const];
  });
}

/**
 * Opens the usual port of each family and closes it again, without a byte. Only a family that searches for its devices may
 * be asked by guess: bytes of a foreign wire can switch a board, and a reader has one place only.
 */
export async function lookAtPorts(
  drivers: readonly Driver[],
  host: string,
  tcp: TcpPort,
  signal: AbortSignal,
): Promise<readonly Look[]> {
  return await Promise.all(
    guessable(drivers).map(async ([driver, port]) => ({
      driver,
      port,
      isOpen: await isOpen({ host, port }, tcp, signal),
      mayAsk: driver.discover !== undefined,
    })),
  );
}

/** Whether something takes a connection at `address`; no byte is sent. Throws FatalError `address-not-allowed`. */
export async function isOpen(address: Address, tcp: TcpPort, signal: AbortSignal): Promise<boolean> {
  try {
    await using _ = await tcp.connect(address, { timeoutMs: lookMs, signal });
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    // A forbidden address is told, not skipped; everything else is a port that is not there.
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'address-not-allowed') throw thrown;
    return false;
  }
}

/** The families whose own search recognises a device at `address`, asked all at once. */
export async function discoverAt(
  drivers: readonly Driver[],
  context: Omit<DiscoveryContext, 'targets' | 'broadcast' | 'signal'>,
  address: Address,
  signal: AbortSignal,
): Promise<readonly Driver[]> {
  using deadline = context.clock.deadline(discoverMs, signal);
  const found = await Promise.all(
    drivers.map(async (driver) => {
      const asked = { ...context, targets: [address], broadcast: false, signal: deadline.signal };
      return (await finds(driver, asked, address)) ? [driver] : [];
    }),
  );
  signal.throwIfAborted();
  return found.flat();
}

async function finds(driver: Driver, context: DiscoveryContext, { host, port }: Address): Promise<boolean> {
  try {
    for await (const { address } of driver.discover?.(context) ?? []) {
      if (address.host === host && (address.port ?? driver.defaultPort) === port) return true;
    }
  } catch (thrown) {
    context.log.debug('the search of a family failed', { family: driver.family, reason: String(thrown) });
  }
  return false;
}
