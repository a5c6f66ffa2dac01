import { type CapabilityState, capabilities } from '../../../protocols/fleet/capabilities/index.ts';
import type { HealthTwin } from '../ports.ts';
import type { DeviceSignals } from './assess.ts';
import { type Condition, conditionCapabilities, conditionsOf } from './conditions.ts';

/** The part of a device's signals that it reported itself. */
export type ReportedSignals = Pick<
  DeviceSignals,
  'reachability' | 'lamp' | 'temperature' | 'storagePercent' | 'faults' | 'conditions' | 'power'
> & {
  /** It has a battery, and no charger fills it now. */
  readonly drainsBattery: boolean;
};

const { reachability, lamp, temperature, storage, diagnostics, battery, power } = capabilities;
const decisive = { reachability, lamp, temperature, storage, diagnostics, battery, power } as const;

/** Capabilities whose state decides about health. */
export const decisiveCapabilities: ReadonlySet<string> = new Set([...Object.keys(decisive), ...conditionCapabilities]);

/** Reads the states that decide; one that does not follow its schema counts as not reported. */
export function readSignals(twin: HealthTwin, deviceId: string): ReportedSignals {
  const read = <N extends keyof typeof decisive>(capability: N) => {
    const reported = twin.stateOf(deviceId, capability);
    // Most devices report few of these, and a schema that refuses costs more than one that passes.
    return reported && parse(capability, reported.state);
  };
  return {
    reachability: read('reachability')?.status,
    lamp: read('lamp'),
    temperature: read('temperature')?.level,
    storagePercent: fullest(read('storage')?.volumes),
    faults: read('diagnostics')?.faults ?? [],
    conditions: readConditions(twin, deviceId),
    power: read('power')?.state,
    drainsBattery: drains(read('battery')),
  };
}

/** Of a device whose agent hides it nothing is read. */
export const noSignals: ReportedSignals = {
  reachability: undefined,
  lamp: undefined,
  temperature: undefined,
  storagePercent: undefined,
  faults: [],
  conditions: [],
  power: undefined,
  drainsBattery: false,
};

function parse<N extends keyof typeof decisive>(capability: N, state: unknown): CapabilityState<N> | undefined {
  return decisive[capability].state.safeParse(state).data as CapabilityState<N> | undefined;
}

function readConditions(twin: HealthTwin, deviceId: string): readonly Condition[] {
  return conditionCapabilities.flatMap((capability) => {
    const reported = twin.stateOf(deviceId, capability);
    const state = reported && capabilities[capability].state.safeParse(reported.state).data;
    return state ? conditionsOf(capability, state as CapabilityState<typeof capability>) : [];
  });
}

function drains(state: CapabilityState<'battery'> | undefined): boolean {
  if (!state || state.plugged) return false;
  return state.state === 'discharging' || state.state === 'not-charging';
}

/** What the probe said in its own words, and when it was stored. */
export function readProbe(twin: HealthTwin, deviceId: string) {
  const reported = twin.stateOf(deviceId, 'reachability');
  if (!reported) return undefined;
  const state = capabilities.reachability.state.safeParse(reported.state).data;
  return { message: state?.problem?.message, atMs: reported.receivedAt.getTime() };
}

function fullest(
  volumes: readonly { readonly sizeBytes: number; readonly usedBytes: number }[] | undefined,
): number | undefined {
  const used = (volumes ?? [])
    .filter(({ sizeBytes }) => sizeBytes > 0)
    .map(({ sizeBytes, usedBytes }) => (100 * usedBytes) / sizeBytes);
  return used.length === 0 ? undefined : Math.max(...used);
}
