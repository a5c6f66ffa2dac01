import { isIPv4 } from 'node:net';
import { FatalError, toError } from '../../protocols/errors.ts';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import { encodeMagicPacket, wakeOnLanPort } from '../../protocols/wake-on-lan/packet.ts';
import type { Driver, DriverCommand, Reporter } from '../devices/driver.ts';
import { DeviceError } from '../devices/error.ts';
import type { UdpPort } from '../platform/network.ts';
import type { CommandOutput } from './command-queue.ts';

/** The network cards of devices as they last told them: what it takes to wake one that has not answered since the agent started. */
export interface CardMemory {
  /** Empty for a device that never told. */
  of(device: string): readonly string[];
  /** The one device that told this card. */
  ownerOf(mac: string): string | undefined;
  /** Durable when it returns. */
  keep(device: string, macs: readonly string[]): void;
}

/** For an agent without a disk: forgotten with this life. */
export function createCardMemory(): CardMemory {
  const known = new Map<string, readonly string[]>();
  return {
    of: (device) => known.get(device) ?? [],
    ownerOf: (mac) => ownerIn(known, mac),
    keep: (device, macs) => void known.set(device, macs),
  };
}

/** The one device that told this card; when two claim it, neither is believed. */
export function ownerIn(known: ReadonlyMap<string, readonly string[]>, mac: string): string | undefined {
  const wanted = mac.toLowerCase();
  const owners = [...known].filter(([, macs]) => macs.some((one) => one.toLowerCase() === wanted));
  return owners.length === 1 ? owners[0]?.[0] : undefined;
}

export interface WakerOptions {
  readonly device: Pick<DesiredDevice, 'id' | 'address'>;
  readonly driver: Pick<Driver, 'capabilities'>;
  readonly udp: UdpPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly cards: CardMemory;
  readonly signal: AbortSignal;
}

/** How the device is seen to be awake: `look` makes the agent ask it soon, `answers` counts how often it has answered. */
export interface Watch {
  look(): void;
  answers(): number;
}

/** A computer answers within two minutes of its power button. */
const limitMs = 120_000;
const stepMs = 3_000;
/** A packet has no acknowledgement and may be lost. */
const repeatEverySteps = 5;
const broadcast = '255.255.255.255';
/** A device has few cards; one that claims more is not believed for the rest. */
const maxCards = 8;

/**
 * Wake-on-LAN for any device on the network that has told its cards, also while it is away: that is when it is wanted. A family
 * that wakes its devices itself is left alone.
 */
export class Waker {
  readonly #options: WakerOptions;
  readonly #isWanted: boolean;
  #isWaking = false;

  constructor(options: WakerOptions) {
    this.#options = options;
    this.#isWanted = options.device.address !== undefined && !options.driver.capabilities.includes('wake');
  }

  /** Whether `command` is for here and not for the driver. */
  takes(command: DriverCommand): boolean {
    return this.#isWanted && command.capability === 'wake';
  }

  /** Tells what `reporter` is told; a device that tells its cards can be woken, and its cards are remembered. */
  reporting(reporter: Reporter): Reporter {
    if (!this.#isWanted) return reporter;
    return {
      describe: (descriptor) => {
        const macs = cardsOf(descriptor.macs ?? []);
        const [mac] = macs;
        if (mac === undefined) return reporter.describe(descriptor);
        this.#remember(macs);
        reporter.describe({
          ...descriptor,
          capabilities: { ...descriptor.capabilities, wake: { commands: ['wake'] } },
        });
        reporter.report('wake', { mac });
      },
      report: (capability, state) => reporter.report(capability, state),
      sample: (values) => reporter.sample(values),
      emit: (event) => reporter.emit(event),
    };
  }

  /**
   * Sends the packets and waits until the device answers. Throws DeviceError `no-effect` when it has not been seen by then,
   * `busy` when it is being woken already, FatalError `unsupported-command` when none of its cards is known.
   */
  async wake(onStart: () => void, watch: Watch): Promise<CommandOutput> {
    const { device, cards, clock, signal } = this.#options;
    const macs = cardsOf(cards.of(device.id));
    if (macs.length === 0) {
      throw new FatalError(
        'unsupported-command',
        'no network card of this device is known; it has to answer once before',
      );
    }
    if (this.#isWaking) throw new DeviceError('busy', 'the device is being woken already');
    this.#isWaking = true;
    try {
      onStart();
      const startedAt = clock.mono();
      const before = watch.answers();
      for (let step = 0; ; step++) {
        if (step % repeatEverySteps === 0) await this.#send(macs);
        watch.look();
        await clock.wait(stepMs, signal);
        const elapsedMs = clock.mono() - startedAt;
        if (watch.answers() > before) return { afterSeconds: Math.round(elapsedMs / 1_000) };
        if (elapsedMs >= limitMs) throw notSeen();
      }
    } finally {
      this.#isWaking = false;
    }
  }

  /** To everyone on the network, and to the last address, which some switches and routers still know. Throws when nothing left. */
  async #send(macs: readonly string[]): Promise<void> {
    const { udp, device, log } = this.#options;
    const host = device.address?.host ?? '';
    await using socket = await udp.open({ broadcast: true });
    const failures: Error[] = [];
    const targets = isIPv4(host) ? [broadcast, host] : [broadcast];
    for (const mac of macs) {
      for (const target of targets) {
        try {
          await socket.send(encodeMagicPacket(mac), { host: target, port: wakeOnLanPort });
        } catch (thrown) {
          failures.push(toError(thrown));
        }
      }
    }
    const [failure] = failures;
    if (failure && failures.length === macs.length * targets.length) throw failure;
    if (failure) log.debug('a wake packet could not be sent everywhere', { error: failure });
  }

  /** A full disk costs the memory of a card, not the device. */
  #remember(macs: readonly string[]): void {
    const { cards, device, log } = this.#options;
    try {
      cards.keep(device.id, macs);
    } catch (thrown) {
      log.warn('the network cards of a device are not remembered', { error: toError(thrown) });
    }
  }
}

/** Cards of one device as lower-case pairs with colons, without those that name no single card. */
function cardsOf(told: readonly string[]): readonly string[] {
  const macs = told.map((mac) => mac.toLowerCase().replaceAll('-', ':'));
  const usable = macs.filter((mac) => /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/.test(mac) && /[1-9a-f]/.test(mac));
  return [...new Set(usable)].slice(0, maxCards);
}

function notSeen(): DeviceError {
  const seconds = limitMs / 1_000;
  const message = `the packets were sent, and the device has not been seen in the ${seconds} s since; it may be asleep, unable to wake, or slower`;
  return new DeviceError('no-effect', message);
}
