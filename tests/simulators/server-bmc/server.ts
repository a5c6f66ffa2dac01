import type { Clock } from '../../../protocols/ports.ts';

export type ResetType = 'On' | 'ForceOff' | 'GracefulShutdown' | 'GracefulRestart' | 'ForceRestart';
export type PowerState = 'On' | 'Off' | 'PoweringOn' | 'PoweringOff';
type Health = 'OK' | 'Warning' | 'Critical';

/** What a simulated controller has and does; cheaper and older ones have less. */
export interface ServerTraits {
  /** `old` has Thermal and Power, `new` ThermalSubsystem and PowerSubsystem (DSP0268 2020.4), `both` as most do now. */
  readonly resources: 'old' | 'new' | 'both';
  readonly hasSessions: boolean;
  /** `inline` allowable values, `info` in an ActionInfo resource, `none` of both. */
  readonly allowable: 'inline' | 'info' | 'none';
  readonly resets: readonly ResetType[];
  /** Whether it tells LastResetTime and BootProgress. */
  readonly tellsResets: boolean;
  /** Entries of its log on one page. */
  readonly logPage: number;
  /** `links` gives the entries of its log one by one only. */
  readonly logStyle: 'inline' | 'links';
  /** Whether it obeys `$skip`; false knows no such resource, and has pages of its own. */
  readonly skips: boolean;
}

export const fullTraits: ServerTraits = {
  resources: 'both',
  hasSessions: true,
  allowable: 'inline',
  resets: ['On', 'ForceOff', 'GracefulShutdown', 'GracefulRestart', 'ForceRestart'],
  tellsResets: true,
  logPage: 4,
  logStyle: 'inline',
  skips: true,
};

export interface LogRecord {
  readonly id: number;
  readonly at: number;
  readonly severity: Health;
  readonly message: string;
}

interface Sensor {
  readonly name: string;
  value: number;
  health: Health;
}

/** One change of power that is still to come, by the monotonic clock. */
interface Step {
  readonly at: number;
  readonly power: PowerState;
}

const startMs = 6_000;
const shutdownMs = 8_000;
const cutMs = 1_000;

/** One server: what its controller would see, apart from every wire. Changes of power take their time. */
export class Server {
  readonly traits: ServerTraits;
  readonly clock: Clock;
  readonly temperatures: Sensor[] = [
    { name: 'CPU1 Temp', value: 46, health: 'OK' },
    { name: 'Inlet Temp', value: 24, health: 'OK' },
  ];
  readonly fans: Sensor[] = [
    { name: 'Fan 1', value: 4_200, health: 'OK' },
    { name: 'Fan 2', value: 4_080, health: 'OK' },
  ];
  readonly supplies: Sensor[] = [
    { name: 'PSU 1', value: 92, health: 'OK' },
    { name: 'PSU 2', value: 88, health: 'OK' },
  ];
  readonly log: LogRecord[] = [];
  /** What it was told, in order. */
  readonly orders: ResetType[] = [];
  firmware = '2.10.3';
  memoryHealth: Health = 'OK';
  /** False for an operating system that hangs: only force helps. */
  obeys = true;
  /** Acknowledges every order and does nothing. */
  isStuck = false;
  #power: PowerState = 'On';
  #steps: Step[] = [];
  #resetAt: number;

  constructor(clock: Clock, traits: ServerTraits) {
    this.clock = clock;
    this.traits = traits;
    this.#resetAt = clock.now() - 86_400_000;
    this.note('OK', 'System boot completed.');
    this.note('Critical', 'Memory device DIMM_A1 was replaced long ago.');
  }

  get power(): PowerState {
    while (this.#steps[0] && this.#steps[0].at <= this.clock.mono()) {
      const [step] = this.#steps.splice(0, 1);
      if (step?.power === 'On') this.#resetAt = Math.round(this.clock.now());
      if (step) this.#power = step.power;
    }
    return this.#power;
  }

  set power(power: PowerState) {
    this.#steps = [];
    this.#power = power;
  }

  get lastResetAt(): number {
    void this.power;
    return this.#resetAt;
  }

  get bootProgress(): string {
    return {
      On: 'OSRunning',
      Off: 'None',
      PoweringOn: 'SystemHardwareInitializationComplete',
      PoweringOff: 'OSRunning',
    }[this.power];
  }

  note(severity: Health, message: string): void {
    this.log.push({ id: this.log.length + 1, at: Math.floor(this.clock.now() / 1_000) * 1_000, severity, message });
  }

  /** False for an order that makes no sense now. */
  reset(type: ResetType): boolean {
    this.orders.push(type);
    if (this.isStuck) return true;
    const isOn = this.power !== 'Off';
    const now = this.clock.mono();
    const end = this.obeys ? now + shutdownMs : Number.POSITIVE_INFINITY;
    const on = (at: number) => [
      { at, power: 'PoweringOn' as const },
      { at: at + startMs, power: 'On' as const },
    ];
    const steps: Readonly<Record<ResetType, Step[]>> = {
      On: on(now),
      ForceOff: [{ at: now + cutMs, power: 'Off' }],
      GracefulShutdown: [
        { at: now, power: 'PoweringOff' },
        { at: end, power: 'Off' },
      ],
      GracefulRestart: [{ at: now, power: 'PoweringOff' }, { at: end, power: 'Off' }, ...on(end + cutMs)],
      ForceRestart: [{ at: now, power: 'Off' }, ...on(now + cutMs)],
    };
    if (isOn === (type === 'On')) return false;
    this.#steps = steps[type];
    return true;
  }
}
