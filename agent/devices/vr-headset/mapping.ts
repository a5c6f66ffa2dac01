import type { Battery, Disk, InstalledPackage } from '../../../protocols/adb/readings.ts';
import type { CapabilityName, CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { Descriptor } from '../../../protocols/fleet/record.ts';

export const family = 'vr-headset';

/** What changes rarely: read when a session starts and then once an hour. */
export interface Facts {
  readonly vendor: string;
  readonly model: string;
  readonly serial: string;
  readonly build: string;
  readonly hardware: string;
  readonly name: string;
}

export interface Status {
  readonly battery: Battery;
  readonly disk: Disk;
  readonly packages: readonly InstalledPackage[];
}

type States = { -readonly [N in CapabilityName]?: CapabilityState<N> };

const mostTold = 500;

/** `deviceName` is what `settings get` printed: `null` where nobody gave the headset a name. */
export function mapFacts(properties: ReadonlyMap<string, string>, deviceName: string): Facts {
  const read = (name: string) => clip(properties.get(name) ?? '', 200);
  const name = deviceName.trim();
  return {
    vendor: read('ro.product.manufacturer'),
    model: read('ro.product.model'),
    serial: read('ro.serialno'),
    build: read('ro.build.version.incremental'),
    hardware: read('ro.hardware'),
    name: name === 'null' ? '' : clip(name.split('\n')[0] ?? '', 200),
  };
}

export function mapDescriptor(facts: Facts): Descriptor {
  return {
    family,
    ...(facts.vendor ? { vendor: facts.vendor } : {}),
    ...(facts.model ? { model: facts.model } : {}),
    ...(facts.serial ? { serial: facts.serial } : {}),
    ...(facts.build ? { firmware: facts.build } : {}),
    ...(facts.hardware ? { hardware: facts.hardware } : {}),
    capabilities: {
      identity: { commands: [] },
      power: { commands: ['reboot'] },
      battery: { commands: [] },
      temperature: { commands: [] },
      storage: { commands: [] },
      apps: { commands: ['remove', 'launch'] },
    },
  };
}

/** The whole reported state of a headset that answers. */
export function mapStates(facts: Facts, { battery, disk, packages }: Status): States {
  return {
    identity: {
      ...(facts.vendor ? { vendor: facts.vendor } : {}),
      ...(facts.model ? { model: facts.model } : {}),
      ...(facts.serial ? { serial: facts.serial } : {}),
      ...(facts.build ? { firmware: facts.build } : {}),
      ...(facts.hardware ? { hardware: facts.hardware } : {}),
      ...(facts.name ? { name: facts.name } : {}),
    },
    power: { state: 'on' },
    battery: { state: battery.state, plugged: battery.isPlugged, health: battery.health },
    temperature: { level: temperatureLevel(battery) },
    storage: { volumes: [{ name: '/data', type: 'internal', ...disk }] },
    apps: mapApps(packages),
  };
}

export function mapApps(packages: readonly InstalledPackage[]): CapabilityState<'apps'> {
  const installed = packages
    .slice(0, mostTold)
    .map(({ id, version }) => ({ id: clip(id, 200), version: clip(version, 40) }));
  const more = packages.length - installed.length;
  return { installed, ...(more > 0 ? { more } : {}) };
}

export function mapSamples({ battery, disk }: Status): Readonly<Record<string, number>> {
  return {
    ...(battery.percent !== undefined ? { 'battery.level': battery.percent } : {}),
    ...(battery.celsius !== undefined
      ? { 'battery.temperature': battery.celsius, 'temperature.celsius': battery.celsius }
      : {}),
    ...(disk.sizeBytes > 0 ? { 'storage.used': (disk.usedBytes / disk.sizeBytes) * 100 } : {}),
  };
}

/** The battery's sensor is the only one that every headset tells; the headset itself says when it is too warm. */
function temperatureLevel({ health, celsius }: Battery): CapabilityState<'temperature'>['level'] {
  if (health === 'overheated') return 'error';
  return celsius === undefined ? 'unknown' : 'ok';
}

function clip(text: string, length: number): string {
  return text.slice(0, length);
}
