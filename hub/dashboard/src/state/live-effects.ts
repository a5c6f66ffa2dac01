import type { Device, DeviceRow } from '../../../../protocols/api/devices.ts';
import type { LiveEvent } from '../../../../protocols/api/live.ts';

/** What a list shows; a bump means that rows may have come, gone or changed place. */
export type Topic =
  | 'devices'
  | 'agents'
  | 'proposals'
  | 'causes'
  | 'quarantine'
  | 'commands'
  | 'vouchers'
  | 'people'
  | 'audit'
  | 'units';

/** What one live event asks of the page. */
export interface LiveEffects {
  /** Lists that may differ now; each refreshes when no pointer rests on it. */
  readonly topics: readonly Topic[];
  /** Single things to fetch again. */
  readonly refetch: readonly (readonly string[])[];
}

/** Plans the effects of one live event. Samples, states and health carry their values, so nothing is fetched for them. */
export function effectsOf(event: LiveEvent): LiveEffects {
  switch (event.type) {
    case 'device-health':
      // The row is patched where it stands; the verdict with its evidence is worth a fetch on the device's own page.
      return { topics: [], refetch: [['device', event.device], ['overview']] };
    case 'device-changed':
      return { topics: ['devices'], refetch: [['device', event.device]] };
    case 'device-event':
      return { topics: [], refetch: [['device-events', event.device]] };
    case 'agent-changed':
      return { topics: ['agents'], refetch: [['agent', event.agent], ['overview']] };
    case 'proposals-changed':
      return { topics: ['proposals'], refetch: [['overview']] };
    case 'causes-changed':
      return { topics: ['causes'], refetch: [['overview'], ['problem'], ['problem-counts']] };
    case 'units-changed':
      return {
        topics: ['units', 'devices', 'agents', 'causes'],
        refetch: [['unit'], ['unit-history'], ['me'], ['overview']],
      };
    case 'calendar-changed':
      return { topics: [], refetch: [['calendar']] };
    case 'policies-changed':
      return { topics: [], refetch: [['policies'], ['policy-runs'], ['policy-bundles']] };
    case 'notifications-changed':
      return { topics: [], refetch: [['notifications']] };
    case 'quarantine-changed':
      return { topics: ['quarantine'], refetch: [['overview']] };
    case 'commands-changed':
      return { topics: ['commands'], refetch: [['command-batch', event.batch], ['approvals']] };
    case 'command-changed':
      return {
        topics: ['commands'],
        refetch: [
          ['command', event.command],
          ['commands', event.device],
          ['device-events', event.device],
        ],
      };
    case 'hello':
    case 'device-samples':
    case 'device-state':
      return { topics: [], refetch: [] };
  }
}

type HealthEvent = Extract<LiveEvent, { type: 'device-health' }>;

/** The loaded pages with one device's health replaced; the same object when the device is on none of them. Order never changes. */
export function patchPages<P extends { readonly rows: readonly DeviceRow[] }>(
  pages: readonly P[],
  event: HealthEvent,
): readonly P[] {
  const held = pages.some((page) => page.rows.some((row) => row.id === event.device));
  if (!held) return pages;
  const health = { state: event.state, since: event.since, ...(event.code === undefined ? {} : { code: event.code }) };
  return pages.map((page) =>
    page.rows.some((row) => row.id === event.device)
      ? { ...page, rows: page.rows.map((row) => (row.id === event.device ? { ...row, health } : row)) }
      : page,
  );
}

type DeviceEventOfLive = Extract<LiveEvent, { type: 'device-samples' | 'device-state' }>;

/** The device with newer samples or a newer state; what is older than what it holds is ignored. */
export function patchDevice(device: Device, event: DeviceEventOfLive): Device {
  if (event.device !== device.id) return device;
  if (event.type === 'device-state') {
    const before = device.reported[event.capability];
    if (before && before.at >= event.at) return device;
    const entry = { state: event.state, at: event.at, receivedAt: event.at };
    return { ...device, reported: { ...device.reported, [event.capability]: entry } };
  }
  const latest = { ...device.latest };
  for (const [metric, value] of Object.entries(event.values)) {
    const before = latest[metric];
    if (!before || before.at < event.at) latest[metric] = { value, at: event.at };
  }
  return { ...device, latest };
}
