import {
  type ControllerIdentity,
  type Inventory,
  parseChassisStatus,
  parseController,
  parseInventory,
} from '../../../../protocols/ipmi/controller.ts';
import { type LogSummary, parseLogEntries, parseLogSummary } from '../../../../protocols/ipmi/event-log.ts';
import type { IpmiQuestion, IpmiTarget } from '../../../../protocols/ipmi/invocation.ts';
import { rmcpPort } from '../../../../protocols/ipmi/presence.ts';
import { parseSensors } from '../../../../protocols/ipmi/sensor.ts';
import type { DriverContext } from '../../driver.ts';
import { DeviceError, toDeviceError } from '../../error.ts';
import type { Controller, Facts, Fault, LogLine, PowerOrder, PowerView, Reading } from '../controller.ts';
import type { Settings } from '../settings.ts';
import { IpmiClient } from './ipmi-client.ts';

const ordersOf = {
  on: 'powerOn',
  shutdown: 'powerSoft',
  cut: 'powerOff',
  reset: 'powerReset',
} as const satisfies Partial<Record<PowerOrder, IpmiQuestion>>;

/** A controller that speaks IPMI, through Debian's `ipmitool`: one process a question, no session between them. */
export class IpmiController implements Controller {
  readonly #client: IpmiClient;
  #log: { readonly summary: string } | undefined;

  constructor(
    context: DriverContext<Settings>,
    address: { readonly host: string; readonly port?: number | undefined },
  ) {
    const { settings, device } = context;
    const target: IpmiTarget = {
      host: address.host,
      port: address.port ?? rmcpPort,
      username: device.credentials?.username ?? '',
      interface: settings.interface,
      cipherSuite: settings.cipherSuite,
    };
    this.#client = new IpmiClient(context, target, device.credentials?.password ?? '', settings.presencePing);
  }

  async readFacts(signal: AbortSignal): Promise<Facts> {
    await this.#client.checkPresence(signal);
    const controller = await this.#ask('controller', parseController, signal);
    const inventory = await this.#unlessUnsupported(() => this.#ask('inventory', parseInventory, signal));
    return factsOf(controller, inventory);
  }

  async read(signal: AbortSignal): Promise<Reading> {
    await this.#client.checkPresence(signal);
    const chassis = await this.#ask('chassis', parseChassisStatus, signal);
    const sensors = await this.#unlessUnsupported(() => this.#ask('sensors', parseSensors, signal));
    const faults: Fault[] = chassis.faults.map((part) => ({ part, level: 'error' }));
    if (chassis.isOpen) faults.push({ part: 'Chassis Intrusion', level: 'warning' });
    return {
      power: { state: chassis.isOn ? 'on' : 'off', mark: undefined },
      sensors: (sensors ?? []).map(({ name, kind, value, level, words }) => ({ name, kind, value, level, words })),
      faults,
      log: await this.#unlessUnsupported(() => this.#readLog(signal)),
      clockSkewSeconds: undefined,
    };
  }

  async readPower(signal: AbortSignal): Promise<PowerView> {
    const { isOn } = await this.#ask('chassis', parseChassisStatus, signal);
    // IPMI has no word for a start, and most controllers none for its time.
    return { state: isOn ? 'on' : 'off', mark: undefined };
  }

  async order(order: PowerOrder, signal: AbortSignal): Promise<void> {
    const question = order === 'restart' ? undefined : ordersOf[order];
    if (!question) throw new DeviceError('unsupported', `IPMI has no order ${order}`);
    await this.#client.ask(question, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // No process and no session outlives a question.
  }

  async #ask<T>(question: IpmiQuestion, parse: (output: string) => T, signal: AbortSignal): Promise<T> {
    const output = await this.#client.ask(question, signal);
    try {
      return parse(output);
    } catch (thrown) {
      throw toDeviceError(thrown, `ipmitool's ${question}`);
    }
  }

  /** The log is read when its summary says that it changed: some controllers take a second for each entry. */
  async #readLog(signal: AbortSignal): Promise<readonly LogLine[] | undefined> {
    const summary = JSON.stringify((await this.#ask('logSummary', parseLogSummary, signal)) satisfies LogSummary);
    if (this.#log?.summary === summary) return undefined;
    const entries = await this.#ask('log', parseLogEntries, signal);
    this.#log = { summary };
    return entries.map(({ id, time, part, message, severity }) => ({
      key: `${id} ${time} ${message}`,
      at: undefined,
      level: severity,
      part,
      message,
    }));
  }

  async #unlessUnsupported<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (thrown) {
      if (thrown instanceof DeviceError && thrown.code === 'unsupported') return undefined;
      throw thrown;
    }
  }
}

function factsOf(controller: ControllerIdentity, inventory: Inventory | undefined): Facts {
  const board = inventory?.board;
  return {
    vendor: inventory?.manufacturer ?? controller.manufacturer,
    model: inventory?.product ?? board?.product ?? controller.product,
    serial: inventory?.serial ?? board?.serial,
    firmware: controller.firmware,
    hardware: inventory?.version ?? inventory?.partNumber,
    name: undefined,
    orders: ['on', 'shutdown', 'cut', 'reset'],
    parts:
      board?.product === undefined
        ? []
        : [{ kind: 'board', name: board.product, ...(board.serial === undefined ? {} : { serial: board.serial }) }],
  };
}
