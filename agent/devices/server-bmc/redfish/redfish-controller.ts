import { parseController, parseFirmwareInventory, parseSoftware } from '../../../../protocols/redfish/controller.ts';
import { parseCollection, rootPath } from '../../../../protocols/redfish/link.ts';
import { parseChassis, parsePower, parseSubsystem } from '../../../../protocols/redfish/sensing.ts';
import { parseServiceRoot, type ServiceRoot } from '../../../../protocols/redfish/service.ts';
import {
  type ComputerSystem,
  parseAllowedResets,
  parseSystem,
  type ResetType,
  resetRequest,
} from '../../../../protocols/redfish/system.ts';
import type { Address, DriverContext } from '../../driver.ts';
import { DeviceError } from '../../error.ts';
import type { Controller, Facts, PowerOrder, PowerView, Reading } from '../controller.ts';
import type { Settings } from '../settings.ts';
import { RedfishClient } from './redfish-client.ts';
import { findLogs, RedfishLogReader } from './redfish-log.ts';
import { type ChassisView, faultsOf, readSensors } from './redfish-sensors.ts';
import { allOf, unlessRefused } from './refusal.ts';

const standardPorts = { https: 443, http: 80 } as const;
/** Bounds of what is looked at: a blade enclosure has more, and is asked by its blades' own controllers. */
const mostChassis = 3;
const mostFirmware = 24;
const mostSupplies = 8;
/** All other questions of the facts together take a usual controller a few seconds. */
const slowFactsMs = 12_000;

/** Reset types that carry out an order, the best first. `PowerCycle` cuts the power for a moment, and resets all the same. */
const resetsFor: Readonly<Record<PowerOrder, readonly ResetType[]>> = {
  on: ['On', 'ForceOn', 'PushPowerButton'],
  shutdown: ['GracefulShutdown', 'PushPowerButton'],
  cut: ['ForceOff'],
  restart: ['GracefulRestart'],
  reset: ['ForceRestart', 'PowerCycle'],
};

/** What was found on the way to the facts. */
interface Layout {
  readonly system: string;
  readonly manager: string | undefined;
  readonly chassis: readonly ChassisView[];
  readonly logs: readonly string[];
  readonly target: string | undefined;
  readonly resets: readonly ResetType[];
}

/** A controller that speaks Redfish (DSP0266). */
export class RedfishController implements Controller {
  readonly #client: RedfishClient;
  readonly #logs: RedfishLogReader;
  readonly #context: DriverContext<Settings>;
  #layout: Layout | undefined;

  constructor(
    context: DriverContext<Settings>,
    address: { readonly host: string; readonly port?: number | undefined },
  ) {
    const { plainHttp, pinnedCertificate } = context.settings;
    const { credentials } = context.device;
    const scheme = plainHttp ? 'http' : 'https';
    this.#context = context;
    this.#client = new RedfishClient(context, {
      origin: originOf(scheme, { host: address.host, port: address.port ?? standardPorts[scheme] }),
      credentials:
        credentials?.username === undefined
          ? undefined
          : { username: credentials.username, password: credentials.password ?? '' },
      pinnedCertificate: plainHttp ? undefined : pinnedCertificate,
    });
    this.#logs = new RedfishLogReader(this.#client);
  }

  async readFacts(signal: AbortSignal): Promise<Facts> {
    const startedAt = this.#context.clock.mono();
    const root = parseServiceRoot(await this.#client.get(rootPath, signal, true));
    this.#client.sessionsPath = root.sessions;
    const { path, system } = await this.#findSystem(root, signal);
    const resets = await this.#allowedResets(system, signal);
    const manager = await this.#findManager(root, system, signal);
    const chassis = await this.#findChassis(root, system, signal);
    const logServices = [system.logServices, manager?.logServices].filter((found) => found !== undefined);
    this.#layout = {
      system: path,
      manager: manager?.path,
      chassis,
      logs: await findLogs(this.#client, logServices, signal),
      target: system.reset?.target,
      resets,
    };
    const { manufacturer, model, serialNumber, sku, hostName, biosVersion } = system;
    const bios = biosVersion === undefined ? [] : [{ kind: 'firmware', name: 'BIOS', detail: biosVersion }];
    return {
      vendor: manufacturer ?? root.vendor,
      model: model ?? root.product,
      serial: serialNumber,
      firmware: manager?.firmware,
      hardware: sku,
      name: hostName,
      orders: (Object.keys(resetsFor) as PowerOrder[]).filter((order) => resetFor(order, resets) !== undefined),
      parts: [...bios, ...(await this.#supplies(signal)), ...(await this.#firmware(root, startedAt, signal))],
    };
  }

  async read(signal: AbortSignal): Promise<Reading> {
    const layout = this.#requireLayout();
    const system = parseSystem(await this.#client.get(layout.system, signal));
    const manager = await this.#readManager(layout, signal);
    const sensing = await readSensors(this.#client, layout.chassis, signal);
    const log = layout.logs.length === 0 ? undefined : await this.#logs.read(layout.logs, signal);
    return {
      power: viewOf(system),
      sensors: sensing.sensors,
      faults: faultsOf(system, manager?.status, sensing.faults),
      log,
      clockSkewSeconds: manager?.skewSeconds,
    };
  }

  async readPower(signal: AbortSignal): Promise<PowerView> {
    return viewOf(parseSystem(await this.#client.get(this.#requireLayout().system, signal)));
  }

  async order(order: PowerOrder, signal: AbortSignal): Promise<void> {
    const { target, resets } = this.#requireLayout();
    const type = resetFor(order, resets);
    if (!target || !type) throw new DeviceError('unsupported', `the controller has no reset type for ${order}`);
    await this.#client.post(target, resetRequest(type), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  #requireLayout(): Layout {
    if (!this.#layout) throw new DeviceError('unavailable', 'the controller has not been looked at yet');
    return this.#layout;
  }

  async #findSystem(root: ServiceRoot, signal: AbortSignal): Promise<{ path: string; system: ComputerSystem }> {
    if (!root.systems) throw new DeviceError('protocol', 'the service has no systems; is it one of a server?');
    const { members } = parseCollection(await this.#client.get(root.systems, signal));
    const [path] = members;
    if (!path) throw new DeviceError('protocol', 'the service lists no system');
    if (members.length > 1) this.#context.log.warn('a controller of several systems; the first is taken', { path });
    return { path, system: parseSystem(await this.#client.get(path, signal)) };
  }

  /** What the reset action takes; all that this product uses where the service does not say. */
  async #allowedResets(system: ComputerSystem, signal: AbortSignal): Promise<readonly ResetType[]> {
    const { reset } = system;
    if (!reset) return [];
    if (reset.allowed.length > 0) return reset.allowed;
    const info = reset.info;
    const found = info && (await unlessRefused(async () => parseAllowedResets(await this.#client.get(info, signal))));
    return found && found.length > 0 ? found : ['On', 'ForceOff', 'GracefulShutdown', 'ForceRestart'];
  }

  async #findManager(root: ServiceRoot, system: ComputerSystem, signal: AbortSignal) {
    const path = system.managers[0] ?? (await this.#members(root.managers, signal))[0];
    if (!path) return undefined;
    const manager = await unlessRefused(async () => parseController(await this.#client.get(path, signal)));
    return manager && { ...manager, path };
  }

  async #findChassis(root: ServiceRoot, system: ComputerSystem, signal: AbortSignal): Promise<readonly ChassisView[]> {
    const collection = root.chassis;
    const listed =
      system.chassis.length > 0 || !collection
        ? undefined
        : await unlessRefused(async () => parseCollection(await this.#client.get(collection, signal)));
    const paths = (listed?.members ?? system.chassis).slice(0, mostChassis);
    return await allOf(paths, async (path) => {
      const chassis = parseChassis(await this.#client.get(path, signal));
      const { thermalSubsystem, powerSubsystem } = chassis;
      // The old resources tell everything in one answer; the new ones take one for each fan and supply.
      const thermal =
        chassis.thermal || !thermalSubsystem ? undefined : await this.#subsystem(thermalSubsystem, signal);
      const power = chassis.power || !powerSubsystem ? undefined : await this.#subsystem(powerSubsystem, signal);
      return {
        path,
        thermal: chassis.thermal,
        power: chassis.power,
        environment: power && chassis.environmentMetrics,
        thermalMetrics: thermal?.metrics,
        fans: await this.#members(thermal?.fans, signal),
        supplies: await this.#members(power?.supplies, signal),
      };
    });
  }

  async #subsystem(path: string, signal: AbortSignal): Promise<ReturnType<typeof parseSubsystem> | undefined> {
    return await unlessRefused(async () => parseSubsystem(await this.#client.get(path, signal)));
  }

  async #members(path: string | undefined, signal: AbortSignal): Promise<readonly string[]> {
    if (!path) return [];
    const listed = await unlessRefused(async () => parseCollection(await this.#client.get(path, signal)));
    return listed?.members.slice(0, 16) ?? [];
  }

  async #supplies(signal: AbortSignal): Promise<Facts['parts']> {
    const paths = this.#layout?.chassis.flatMap(({ power }) => power ?? []) ?? [];
    const powers = await allOf(paths, async (path) => parsePower(await this.#client.get(path, signal)));
    return powers
      .flatMap(({ supplies }) => supplies)
      .slice(0, mostSupplies)
      .map(({ name, serialNumber, model }) => ({
        kind: 'power-supply',
        name,
        ...(serialNumber === undefined ? {} : { serial: serialNumber }),
        ...(model === undefined ? {} : { detail: model }),
      }));
  }

  /** The list of firmware takes a question a line: a controller that is slow already is spared it. */
  async #firmware(root: ServiceRoot, startedAt: number, signal: AbortSignal): Promise<Facts['parts']> {
    const path = root.updateService;
    if (!path || this.#context.clock.mono() - startedAt > slowFactsMs) return [];
    const inventory = await unlessRefused(async () => parseFirmwareInventory(await this.#client.get(path, signal)));
    const members = await this.#members(inventory, signal);
    const software = await allOf(members.slice(0, mostFirmware), async (member) =>
      parseSoftware(await this.#client.get(member, signal)),
    );
    return software.map(({ name, version }) => ({
      kind: 'firmware',
      name,
      ...(version === undefined ? {} : { detail: version }),
    }));
  }

  async #readManager({ manager }: Layout, signal: AbortSignal) {
    if (!manager) return undefined;
    const { clock } = this.#context;
    const found = await unlessRefused(async () => parseController(await this.#client.get(manager, signal)));
    const skewMs = found?.dateTime === undefined ? undefined : found.dateTime - clock.now();
    return (
      found && { status: found.status, skewSeconds: skewMs === undefined ? undefined : Math.round(skewMs / 1_000) }
    );
  }
}

function originOf(scheme: string, { host, port }: Address): string {
  return `${scheme}://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
}

function resetFor(order: PowerOrder, resets: readonly ResetType[]): ResetType | undefined {
  return resetsFor[order].find((type) => resets.includes(type));
}

const states = { On: 'on', Off: 'off', PoweringOn: 'starting', PoweringOff: 'stopping' } as const;

function viewOf({ power, lastReset, bootProgress }: ComputerSystem): PowerView {
  const marks = [lastReset, bootProgress].filter((mark) => mark !== undefined);
  return { state: power ? states[power] : 'unknown', mark: marks.length > 0 ? marks.join(' ') : undefined };
}
