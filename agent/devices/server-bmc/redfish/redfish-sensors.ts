import type { Status } from '../../../../protocols/redfish/document.ts';
import {
  type Measurement,
  type PowerSupply,
  parseEnvironmentWatts,
  parseFan,
  parsePower,
  parsePowerSupply,
  parseSupplyMetrics,
  parseThermal,
  parseThermalMetrics,
} from '../../../../protocols/redfish/sensing.ts';
import type { ComputerSystem } from '../../../../protocols/redfish/system.ts';
import type { Fault, Level, Sensor } from '../controller.ts';
import type { RedfishClient } from './redfish-client.ts';
import { allOf, unlessRefused } from './refusal.ts';

/** Where one chassis has its measurements. */
export interface ChassisView {
  readonly path: string;
  readonly thermal: string | undefined;
  readonly power: string | undefined;
  readonly environment: string | undefined;
  readonly thermalMetrics: string | undefined;
  readonly fans: readonly string[];
  readonly supplies: readonly string[];
}

interface Sensing {
  readonly sensors: readonly Sensor[];
  readonly faults: readonly Fault[];
}

/** Asks every chassis for what it measures. */
export async function readSensors(
  client: RedfishClient,
  chassis: readonly ChassisView[],
  signal: AbortSignal,
): Promise<Sensing> {
  const sensors: Sensor[] = [];
  const faults: Fault[] = [];
  for (const view of chassis) {
    const measured = [...(await readThermal(client, view, signal)), ...(await readPower(client, view, signal, faults))];
    sensors.push(...measured.map(sensorOf));
  }
  return { sensors, faults };
}

async function readThermal(
  client: RedfishClient,
  view: ChassisView,
  signal: AbortSignal,
): Promise<readonly Measurement[]> {
  const { thermal, thermalMetrics, fans } = view;
  if (thermal) return (await unlessRefused(async () => parseThermal(await client.get(thermal, signal)))) ?? [];
  const temperatures =
    thermalMetrics && (await unlessRefused(async () => parseThermalMetrics(await client.get(thermalMetrics, signal))));
  return [...(temperatures || []), ...(await allOf(fans, async (path) => parseFan(await client.get(path, signal))))];
}

async function readPower(
  client: RedfishClient,
  view: ChassisView,
  signal: AbortSignal,
  faults: Fault[],
): Promise<readonly Measurement[]> {
  const { power, environment, supplies } = view;
  if (power) {
    const found = await unlessRefused(async () => parsePower(await client.get(power, signal)));
    faults.push(...(found?.supplies ?? []).flatMap(supplyFault));
    return found?.measurements ?? [];
  }
  const watts =
    environment && (await unlessRefused(async () => parseEnvironmentWatts(await client.get(environment, signal))));
  const read = await allOf(supplies, async (path) => parsePowerSupply(await client.get(path, signal)));
  faults.push(...read.flatMap(supplyFault));
  const inputs: Measurement[] = [];
  for (const { metrics, name } of read) {
    const found =
      metrics && (await unlessRefused(async () => parseSupplyMetrics(await client.get(metrics, signal), name)));
    inputs.push(...(found || []));
  }
  const whole: Measurement[] =
    typeof watts === 'number' ? [{ kind: 'power', name: 'Chassis', value: watts, unit: 'W', status: unknown }] : [];
  return [...whole, ...inputs];
}

const unknown: Status = { state: undefined, health: undefined };
const levels = { OK: 'ok', Warning: 'warning', Critical: 'error' } as const satisfies Record<string, Level>;
/** DSP0268, Status.State: what is in these tells nothing. */
const silentStates: readonly string[] = ['Absent', 'Disabled', 'UnavailableOffline', 'StandbyOffline', 'Deferring'];

function levelOf({ health }: Status): Level {
  return health ? levels[health] : 'ok';
}

function sensorOf({ kind, name, value, unit, status }: Measurement): Sensor {
  const judged = status.health === undefined ? 'unknown' : levelOf(status);
  const isSilent = silentStates.includes(status.state ?? '') || value === undefined;
  // A part without a reading that is said to be ill is ill all the same.
  const isIll = judged === 'warning' || judged === 'error';
  const level = isSilent && !isIll ? 'absent' : judged;
  return { kind: kind === 'fan' && unit === '%' ? 'share' : kind, name, value, level };
}

function supplyFault({ name, status }: PowerSupply): readonly Fault[] {
  return faultOf(name, status);
}

function faultOf(part: string, status: Status): readonly Fault[] {
  const level = levelOf(status);
  return level === 'ok' ? [] : [{ part, level }];
}

/** What system, controller and power supplies find wrong with themselves. */
export function faultsOf(
  system: ComputerSystem,
  manager: Status | undefined,
  others: readonly Fault[],
): readonly Fault[] | undefined {
  const found = [
    ...system.summaries.flatMap(({ part, status }) => faultOf(part, status)),
    ...(manager ? faultOf('controller', manager) : []),
    ...others,
  ];
  // The system's own health is the sum of its parts: it is told when no part says why.
  const own = found.length > 0 ? [] : faultOf('system', system.status);
  return system.status.health === undefined && found.length === 0 ? undefined : [...found, ...own];
}
