import {
  type InstalledPackage,
  type ListedDevice,
  parseBattery,
  parseDisk,
  parsePackages,
  parseProperties,
} from '../../../protocols/adb/readings.ts';
import type { DeviceRequest } from '../../../protocols/adb/services.ts';
import type { CapabilityName, CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { Artifact, DriverCommand, DriverContext, DriverSession, InstallProgress } from '../driver.ts';
import { DeviceError, toDeviceError } from '../error.ts';
import { AdbClient } from './client.ts';
import { executeCommand } from './commands.ts';
import { installApp } from './install.ts';
import { type Facts, mapApps, mapDescriptor, mapFacts, mapSamples, mapStates } from './mapping.ts';
import type { Settings } from './settings.ts';

/** TCP port that `adb tcpip 5555` opens on a headset. */
export const headsetPort = 5_555;
const factsMaxAgeMs = 3_600_000;
const packagesMaxAgeMs = 600_000;
const probeTimeoutMs = 4_000;
const settleMs = 5_000;
const settleStepMs = 500;

/** A value that is asked again when it is older than its age. */
interface Kept<T> {
  readonly value: T;
  readonly at: number;
}

/** The session of one headset, by way of the adb server of this machine. */
export class HeadsetSession implements DriverSession {
  readonly pollIntervalMs: number;
  readonly #context: DriverContext<Settings>;
  readonly #client: AdbClient;
  readonly #serial: string;
  #facts: Kept<Facts> | undefined;
  #packages: Kept<readonly InstalledPackage[]> | undefined;
  #descriptor = '';

  /** Throws DeviceError `unreachable` when nothing says which headset it is. */
  constructor(context: DriverContext<Settings>) {
    this.#context = context;
    this.#client = new AdbClient({ server: context.settings.server, tcp: context.tcp, clock: context.clock });
    this.#serial = serialOf(context);
    this.pollIntervalMs = context.settings.pollSeconds * 1_000;
  }

  /** Opens the way to the headset, afresh when the server lost it. */
  async open(signal: AbortSignal): Promise<void> {
    const address = networkAddressOf(this.#context);
    if (address) {
      await this.#probe(address.host, address.port ?? headsetPort, signal);
      // A lost headset stays in the server's list as `offline` for minutes; a new connection finds out at once.
      if ((await this.#find(signal))?.state === 'offline') await this.#client.disconnect(this.#serial, signal);
    }
    await this.#requireReady(signal);
  }

  async poll(signal: AbortSignal): Promise<void> {
    await this.#requireReady(signal);
    const facts = await this.#freshFacts(signal);
    const battery = await this.#read({ kind: 'battery' }, parseBattery, signal);
    const disk = await this.#read({ kind: 'storage' }, parseDisk, signal);
    const packages = await this.#freshPackages(signal);
    const { reporter } = this.#context;
    const descriptor = mapDescriptor(facts);
    const text = JSON.stringify(descriptor);
    if (text !== this.#descriptor) reporter.describe(descriptor);
    this.#descriptor = text;
    const status = { battery, disk, packages };
    for (const [name, state] of Object.entries(mapStates(facts, status))) {
      reporter.report(name as CapabilityName, state as CapabilityState<CapabilityName>);
    }
    reporter.sample(mapSamples(status));
  }

  async execute(command: DriverCommand, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    return await executeCommand(command, {
      client: this.#client,
      serial: this.#serial,
      clock: this.#context.clock,
      signal,
      isReady: async () => (await this.#find(signal))?.state === 'device',
      readPackages: () => this.#reportPackages(signal),
    });
  }

  async install(
    artifact: Artifact,
    onProgress: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<{ readonly version: string }> {
    return await installApp(artifact, {
      client: this.#client,
      serial: this.#serial,
      clock: this.#context.clock,
      signal,
      onProgress,
      readPackages: () => this.#reportPackages(signal),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Each question has its own connection; the server keeps the one to the headset for others on this machine.
  }

  async #requireReady(signal: AbortSignal): Promise<void> {
    let listed = await this.#find(signal);
    const address = networkAddressOf(this.#context);
    if (!listed && address) {
      await this.#probe(address.host, address.port ?? headsetPort, signal);
      await this.#client.connect(this.#serial, signal);
      listed = await this.#settled(signal);
    }
    requireDevice(listed, this.#serial);
  }

  /** A headset that has just been connected passes through `connecting` and `unauthorized`, also when it knows our key. */
  async #settled(signal: AbortSignal): Promise<ListedDevice | undefined> {
    const { clock } = this.#context;
    const endsAt = clock.mono() + settleMs;
    for (;;) {
      const listed = await this.#find(signal);
      if (listed?.state === 'device' || clock.mono() >= endsAt) return listed;
      await clock.wait(settleStepMs, signal);
    }
  }

  async #find(signal: AbortSignal): Promise<ListedDevice | undefined> {
    return (await this.#client.devices(signal)).find(({ serial }) => serial === this.#serial);
  }

  /**
   * The server would connect to any address it is told, past the agent's network policy. So the agent first connects by
   * itself: a forbidden address is refused here, and an absent headset is told from a silent server.
   */
  async #probe(host: string, port: number, signal: AbortSignal): Promise<void> {
    try {
      await using _ = await this.#context.tcp.connect({ host, port }, { timeoutMs: probeTimeoutMs, signal });
    } catch (thrown) {
      signal.throwIfAborted();
      throw toDeviceError(thrown, 'reach the headset', 'connect');
    }
  }

  async #freshFacts(signal: AbortSignal): Promise<Facts> {
    const now = this.#context.clock.mono();
    if (this.#facts && now - this.#facts.at < factsMaxAgeMs) return this.#facts.value;
    const properties = await this.#read({ kind: 'properties' }, parseProperties, signal);
    const value = mapFacts(properties, await this.#client.run(this.#serial, { kind: 'device-name' }, signal));
    this.#facts = { value, at: now };
    return value;
  }

  async #freshPackages(signal: AbortSignal): Promise<readonly InstalledPackage[]> {
    const now = this.#context.clock.mono();
    if (this.#packages && now - this.#packages.at < packagesMaxAgeMs) return this.#packages.value;
    return await this.#readPackages(signal);
  }

  async #reportPackages(signal: AbortSignal): Promise<readonly InstalledPackage[]> {
    const packages = await this.#readPackages(signal);
    this.#context.reporter.report('apps', mapApps(packages));
    return packages;
  }

  async #readPackages(signal: AbortSignal): Promise<readonly InstalledPackage[]> {
    const value = await this.#read({ kind: 'packages' }, parsePackages, signal);
    this.#packages = { value, at: this.#context.clock.mono() };
    return value;
  }

  async #read<T>(request: DeviceRequest, parse: (text: string) => T, signal: AbortSignal): Promise<T> {
    const text = await this.#client.run(this.#serial, request, signal);
    try {
      return parse(text);
    } catch (thrown) {
      throw toDeviceError(thrown, `read ${request.kind}`);
    }
  }
}

/** Throws DeviceError for every state but `device`. */
function requireDevice(listed: ListedDevice | undefined, serial: string): void {
  if (!listed)
    throw new DeviceError('unreachable', `the adb server knows no headset ${serial}: check cable or address`);
  if (listed.state === 'device') return;
  if (listed.state === 'unauthorized' || listed.state === 'no permissions') {
    throw new DeviceError(
      'authentication',
      `the headset is ${listed.state}: put it on and allow debugging from this computer`,
      { details: { state: listed.state } },
    );
  }
  throw new DeviceError('unavailable', `the headset is ${listed.state}`, { details: { state: listed.state } });
}

/** A headset on a cable has a serial number; an address beside it is that of the machine which holds the cable. */
function networkAddressOf({ device, settings }: DriverContext<Settings>): DriverContext['device']['address'] {
  return settings.serial === undefined ? device.address : undefined;
}

function serialOf(context: DriverContext<Settings>): string {
  const address = networkAddressOf(context);
  // A name would be resolved twice, here and by the server, to two addresses perhaps.
  if (address && !/^\d{1,3}(\.\d{1,3}){3}$/.test(address.host)) {
    throw new DeviceError('unreachable', 'the address of a headset must be an IPv4 address, not a name');
  }
  if (address) return `${address.host}:${address.port ?? headsetPort}`;
  if (context.settings.serial) return context.settings.serial;
  throw new DeviceError('unreachable', 'neither an address nor a serial number is configured for this headset');
}
