import type { CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { Descriptor } from '../../../protocols/fleet/record.ts';
import type { HostFacts, HostLoad } from '../driver.ts';

export const family = 'mini-pc';

/**
 * What makers leave where a serial number, a name or a version belongs. Such a text is the same on thousands of
 * machines; as a serial number it would match the wrong asset.
 */
const placeholders = [
  /^[-.\s_0xX*]*$/,
  /to be filled by o\.?e\.?m\.?/i,
  /^o\.?e\.?m\.?$/i,
  /^default( string)?$/i,
  /^(system|chassis|base ?board|product)?[ -]?(serial|product|manufacturer|version)[ -]?(number|name)?$/i,
  /^(none|null|n\/?a|unknown|undefined|not (specified|applicable|available|present)|invalid|empty|test|sample)$/i,
  /^(0*123456789(0|abcdef)?|0?1234567(89?)?|f{4,})$/i,
  /^(.)\1{3,}$/,
];

/** The text itself, or undefined when it is blank or says nothing. */
export function meaningful(text: string): string | undefined {
  const trimmed = text.replace(/\p{Cc}/gu, '').trim();
  return placeholders.some((pattern) => pattern.test(trimmed)) ? undefined : trimmed.slice(0, 200);
}

/** Interfaces that have no cable and no antenna. */
const virtualInterface = /^(lo|veth|docker|br-|virbr|tun|tap|wg|ifb|dummy|bond|cni|flannel)/;

function physicalInterfaces(facts: HostFacts): HostFacts['interfaces'] {
  const physical = facts.interfaces.filter(({ name, mac }) => !virtualInterface.test(name) && isMac(mac));
  return physical.slice(0, 32);
}

export function mapIdentity(facts: HostFacts): CapabilityState<'identity'> {
  const macs = physicalInterfaces(facts).map(({ mac }) => mac.toLowerCase());
  return {
    ...said('vendor', facts.vendor),
    ...said('model', facts.model),
    ...said('serial', facts.serial),
    ...said('firmware', facts.firmware),
    name: facts.hostname.slice(0, 200),
    ...(macs.length > 0 ? { macs: [...new Set(macs)] } : {}),
  };
}

export function mapHost(facts: HostFacts, bootedAt: number): CapabilityState<'host'> {
  return {
    hostname: facts.hostname.slice(0, 255),
    os: facts.os.slice(0, 200),
    kernel: facts.kernel.slice(0, 200),
    arch: facts.arch.slice(0, 40),
    cpu: facts.cpu.slice(0, 200),
    cores: Math.min(4_096, Math.max(1, whole(facts.cores))),
    memoryBytes: whole(facts.memoryBytes),
    bootedAt: whole(bootedAt),
    interfaces: physicalInterfaces(facts).map(({ name, mac, addresses }) => ({
      name: name.slice(0, 40),
      mac,
      addresses: addresses.map((address) => address.slice(0, 64)).slice(0, 16),
    })),
  };
}

/** Used bytes in steps of a hundredth of the volume: the state is told when it means something, not at every log line. */
export function mapStorage(facts: HostFacts, load: HostLoad): CapabilityState<'storage'> {
  return {
    volumes: load.volumes.slice(0, 64).map(({ name, type, sizeBytes, usedBytes }) => {
      const size = whole(sizeBytes);
      const step = Math.max(1, Math.floor(size / 100));
      return {
        name: name.slice(0, 120),
        type: type.slice(0, 40),
        sizeBytes: size,
        usedBytes: Math.min(size, Math.round(whole(usedBytes) / step) * step),
      };
    }),
    disks: facts.disks.slice(0, 32).map(({ name, model, serial, sizeBytes }) => ({
      name: name.slice(0, 120),
      model: model.slice(0, 120),
      serial: (meaningful(serial) ?? '').slice(0, 120),
      sizeBytes: whole(sizeBytes),
    })),
  };
}

/** Linux lets a card be called almost anything; the key of a series does not. */
const seriesName = /^[\w./:-]{1,60}$/;

/** Processors of mini-PCs throttle from 90 to 100 °C. */
const warmCelsius = 80;
const hotCelsius = 92;

export function mapTemperature(celsius: number): CapabilityState<'temperature'> {
  if (celsius >= hotCelsius) return { level: 'error' };
  return { level: celsius >= warmCelsius ? 'warning' : 'ok' };
}

/** The numbers of one poll; rounded to what a person reads. */
export function mapSamples(facts: HostFacts, load: HostLoad): Readonly<Record<string, number>> {
  const names = new Set(physicalInterfaces(facts).map(({ name }) => name));
  const network = load.network.filter(({ name }) => names.has(name) && seriesName.test(name)).slice(0, 8);
  const fullest = load.volumes.map(({ sizeBytes, usedBytes }) => (sizeBytes > 0 ? (usedBytes / sizeBytes) * 100 : 0));
  const samples: Record<string, number | undefined> = {
    'host.cpuUsed': tenths(load.cpuPercent),
    'host.memoryUsed': tenths(load.memoryPercent),
    'host.load1': Math.round(load.load1 * 100) / 100,
    'host.uptime': Math.round(load.uptimeSeconds),
    'storage.used': fullest.length > 0 ? tenths(Math.max(...fullest)) : undefined,
    'temperature.celsius': load.temperatureCelsius === undefined ? undefined : tenths(load.temperatureCelsius),
  };
  for (const { name, inPerSecond, outPerSecond } of network) {
    samples[`host.networkIn@${name}`] = Math.round(inPerSecond);
    samples[`host.networkOut@${name}`] = Math.round(outPerSecond);
  }
  const known = Object.entries(samples).filter(([, value]) => value !== undefined && Number.isFinite(value));
  return Object.fromEntries(known) as Record<string, number>;
}

export function mapDescriptor(facts: HostFacts, hasSensor: boolean): Descriptor {
  const { vendor, model, serial, firmware, macs } = mapIdentity(facts);
  const capabilities = ['identity', 'host', 'storage', 'firmware', ...(hasSensor ? ['temperature'] : [])];
  const parts = facts.disks.slice(0, 32).map((disk) => {
    const diskSerial = meaningful(disk.serial);
    return {
      kind: 'disk',
      name: (meaningful(disk.model) ?? disk.name).slice(0, 120),
      ...(diskSerial ? { serial: diskSerial.slice(0, 120) } : {}),
      detail: `${Math.round(whole(disk.sizeBytes) / 1e9)} GB`,
    };
  });
  return {
    family,
    ...(vendor ? { vendor } : {}),
    ...(model ? { model } : {}),
    ...(serial ? { serial } : {}),
    ...(firmware ? { firmware } : {}),
    ...(macs ? { macs: [...macs] } : {}),
    capabilities: Object.fromEntries(capabilities.map((name) => [name, { commands: [] }])),
    ...(parts.length > 0 ? { parts } : {}),
  };
}

function said<K extends string>(key: K, text: string): { readonly [P in K]?: string } {
  const value = meaningful(text);
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string };
}

function isMac(text: string): boolean {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) && !/^[0:]+$/.test(text);
}

/** Counters of kernels and file systems in user space may tell anything; what is told on is a whole number that stays exact. */
function whole(value: number): number {
  return Number.isNaN(value) ? 0 : Math.round(Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, value)));
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
