import type { HostFacts, HostLoad, HostPort } from '../../agent/devices/driver.ts';
import type { Address } from '../../agent/platform/network.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Fault, Simulator } from './simulator.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A machine made of numbers, behind the port through which the agent looks at its own. */
export class MiniPcSimulator implements Simulator {
  /** It has none; the port stands for the machine. */
  readonly address: Address = { host: '127.0.0.1', port: 1 };
  readonly facts: Writable<HostFacts>;
  readonly load: Writable<HostLoad> = {
    cpuPercent: 12.34,
    memoryPercent: 40,
    load1: 0.51,
    uptimeSeconds: 86_400,
    temperatureCelsius: 51.5,
    volumes: [{ name: '/', type: 'ext4', sizeBytes: 128e9, usedBytes: 32e9 }],
    network: [
      { name: 'enp1s0', inPerSecond: 1_000.4, outPerSecond: 2_000 },
      { name: 'docker0', inPerSecond: 5, outPerSecond: 5 },
    ],
  };
  readonly #clock: Clock;
  #fault: Fault | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.facts = {
      vendor: 'ASUSTeK COMPUTER INC.',
      model: 'PN41',
      serial: 'M7NTKX004512',
      hostname: 'truong-th-so-1',
      os: 'Debian GNU/Linux 12',
      kernel: '6.1.0-28-amd64',
      arch: 'x64',
      cpu: 'Intel Celeron N4500',
      cores: 2,
      memoryBytes: 8e9,
      bootedAt: 1_700_000_000_000,
      firmware: 'ASUSTeK 1.10',
      interfaces: [
        { name: 'enp1s0', mac: '7C:10:C9:AA:BB:01', addresses: ['192.168.1.20', 'fe80::1'] },
        { name: 'docker0', mac: '02:42:11:22:33:44', addresses: ['172.17.0.1'] },
        { name: 'ppp0', mac: '00:00:00:00:00:00', addresses: ['10.9.0.2'] },
      ],
      disks: [{ name: '/dev/sda', model: 'KINGSTON SA400', serial: '50026B7784A1', sizeBytes: 240_057_409_536 }],
    };
  }

  get host(): HostPort {
    return {
      facts: (signal) => this.#answer(this.facts, signal),
      load: (signal) => this.#answer(this.load, signal),
    };
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    this.#fault = fault;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is held open.
  }

  async #answer<T>(value: T, signal: AbortSignal): Promise<T> {
    if (this.#fault === 'silence') await this.#clock.wait(3_600_000, signal);
    if (this.#fault === 'slow') await this.#clock.wait(2_000, signal);
    return structuredClone(value);
  }
}
