import { capabilities } from '../../protocols/fleet/capabilities/index.ts';
import type { DeviceSignals } from './assess.ts';
import type { HealthTwin } from './ports.ts';

/** The part of a device's signals that it reported itself. */
export type ReportedSignals = Pick<DeviceSignals, 'reachability' | 'lamp' | 'temperature' | 'storagePercent'>;

/** Capabilities whose state decides about health. */
export const decisiveCapabilities: ReadonlySet<string> = new Set(['reachability', 'lamp', 'temperature', 'storage']);

/** Reads the states that decide; one that does not follow its schema counts as not reported. */
export function readSignals(twin: HealthTwin, deviceId: string): ReportedSignals {
  const stateOf = (capability: string) => twin.stateOf(deviceId, capability)?.state;
  return {
    reachability: capabilities.reachability.state.safeParse(stateOf('reachability')).data?.status,
    lamp: capabilities.lamp.state.safeParse(stateOf('lamp')).data,
    temperature: capabilities.temperature.state.safeParse(stateOf('temperature')).data?.level,
    storagePercent: fullest(capabilities.storage.state.safeParse(stateOf('storage')).data?.volumes),
  };
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
