import { FatalError, toError } from '../../protocols/errors.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { toProblem } from '../../protocols/fleet/problem.ts';
import type { Driver } from '../devices/driver.ts';
import type { CommandTarget } from './command-router.ts';
import { DeviceRunner, type RunnerPorts } from './device-runner.ts';
import { planDevices } from './plan.ts';
import { DeviceReporter } from './reporter.ts';

/** Finds the driver of a family; undefined when this agent has none. */
export type FindDriver = (family: string) => Driver | undefined;

interface Slot {
  /** What runs, or is about to; undefined while it leaves. */
  desired: DesiredDevice | undefined;
  runner: DeviceRunner | undefined;
  /** Stops and starts of this device, one after another; other devices have their own. */
  turn: Promise<void>;
}

/** A start of many devices is spread over this, at 50 ms each. */
const startSpreadMs = { each: 50, most: 10_000 } as const;

/** Keeps exactly the desired devices running. No device waits for another. */
export class Supervisor implements AsyncDisposable {
  readonly #findDriver: FindDriver;
  readonly #ports: RunnerPorts;
  readonly #slots = new Map<string, Slot>();
  #isClosed = false;

  constructor(findDriver: FindDriver, ports: RunnerPorts) {
    this.#findDriver = findDriver;
    this.#ports = ports;
  }

  /** Starts, stops and restarts what differs; returns at once. */
  apply(devices: readonly DesiredDevice[]): void {
    if (this.#isClosed) return;
    const plan = planDevices(new Map(this.#desired().map((device) => [device.id, device])), devices);
    for (const id of plan.stop) this.#remove(id);
    const spreadMs = Math.min(startSpreadMs.most, plan.start.length * startSpreadMs.each);
    for (const device of plan.start) this.#start(device, plan.start.length > 1 ? this.#ports.random() * spreadMs : 0);
  }

  /** Who takes commands for `device`; undefined when it is not desired or cannot run. */
  target(device: string): CommandTarget | undefined {
    return this.#slots.get(device)?.runner;
  }

  /** For the heartbeat: devices that are desired, and those of them that answer. */
  count(): { readonly total: number; readonly up: number } {
    const up = [...this.#slots.values()].filter(({ runner }) => runner?.isUp);
    return { total: this.#desired().length, up: up.length };
  }

  /** Addresses of the devices that are desired. */
  addresses(): readonly NonNullable<DesiredDevice['address']>[] {
    return this.#desired().flatMap(({ address }) => (address ? [address] : []));
  }

  /** Stops all devices at the same time; a stuck one costs 5 s. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const id of [...this.#slots.keys()]) this.#remove(id);
    await Promise.all([...this.#slots.values()].map(({ turn }) => turn));
  }

  #desired(): readonly DesiredDevice[] {
    return [...this.#slots.values()].flatMap(({ desired }) => (desired ? [desired] : []));
  }

  #start(device: DesiredDevice, delayMs: number): void {
    const slot = this.#slots.get(device.id) ?? { desired: device, runner: undefined, turn: Promise.resolve() };
    const before = slot.runner;
    slot.desired = device;
    slot.runner = this.#createRunner(device);
    this.#slots.set(device.id, slot);
    const runner = slot.runner;
    slot.turn = slot.turn.then(async () => {
      await before?.stop();
      // A later change may have replaced it while the one before stopped.
      if (slot.runner === runner) runner?.start(delayMs);
    });
  }

  #remove(id: string): void {
    const slot = this.#slots.get(id);
    if (!slot) return;
    const { runner } = slot;
    slot.runner = undefined;
    slot.desired = undefined;
    slot.turn = slot.turn.then(async () => {
      await runner?.stop();
      // It may be desired again by now; then it waits for this very turn.
      if (!slot.desired) this.#slots.delete(id);
    });
  }

  /** A device that cannot run is told as such, so that the hub shows why. */
  #createRunner(device: DesiredDevice): DeviceRunner | undefined {
    try {
      const driver = this.#findDriver(device.family);
      if (!driver)
        throw new FatalError('unknown-family', `this agent has no driver for ${device.family}; update the agent`);
      const settings = driver.settings.safeParse(device.settings);
      if (!settings.success) {
        const issue = settings.error.issues[0];
        throw new FatalError('invalid-settings', `${issue?.path.join('.') || 'settings'}: ${issue?.message}`);
      }
      return new DeviceRunner(device, driver, settings.data, this.#ports);
    } catch (thrown) {
      const { clock, sink, log } = this.#ports;
      log.error('a device cannot run', { device: device.id, family: device.family, error: toError(thrown) });
      const reporter = new DeviceReporter({ device: device.id, sink, clock, log });
      reporter.report('reachability', {
        status: 'unreachable',
        since: Math.round(clock.now()),
        problem: toProblem(thrown),
      });
      return undefined;
    }
  }
}
