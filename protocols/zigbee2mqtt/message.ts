import { ProtocolError } from '../bytes/error.ts';
import {
  fieldOf,
  type JsonObject,
  listOf,
  numberOf,
  objectOf,
  parseJson,
  parseJsonObject,
  textOf,
  withoutGaps,
} from '../bytes/json.ts';

/** Messages of Zigbee2MQTT: zigbee2mqtt.io, "MQTT Topics and Messages" and "Device-Availability". */

export const defaultBaseTopic = 'zigbee2mqtt';

/** The state of one device; properties that the device does not have, or does not know yet, are absent. */
export interface ZigbeeState {
  readonly power?: 'on' | 'off';
  readonly temperatureCelsius?: number;
  readonly humidityPercent?: number;
  readonly carbonDioxidePpm?: number;
  readonly illuminanceLux?: number;
  readonly powerWatts?: number;
  readonly energyKilowattHours?: number;
  readonly voltageVolts?: number;
  readonly currentAmperes?: number;
  readonly batteryPercent?: number;
  readonly isBatteryLow?: boolean;
  readonly contact?: 'open' | 'closed';
  readonly isOccupied?: boolean;
  readonly hasLeak?: boolean;
  readonly hasSmoke?: boolean;
  readonly isTampered?: boolean;
}

export interface ZigbeeDevice {
  /** `0x` and 16 digits: the serial number of its radio. */
  readonly ieeeAddress: string;
  readonly name: string;
  readonly isCoordinator: boolean;
  readonly vendor?: string;
  readonly model?: string;
  readonly description?: string;
  readonly firmware?: string;
  /** Sleeps most of the time and answers no question. */
  readonly isBatteryPowered: boolean;
  /** Names of its switches and lights as properties of the state: `state`, `state_l1` and so on. */
  readonly switches: readonly string[];
}

const maxStateBytes = 64 * 1024;
const maxListBytes = 4 * 1024 * 1024;
/** A coordinator holds some 200. */
const maxDevices = 500;
const maxExposes = 100;

/**
 * `online` or `offline`, as text (the legacy form) or as `{"state":"online"}`: of a device's `/availability` and of
 * `bridge/state`. Throws ProtocolError.
 */
export function readAvailability(payload: Uint8Array): boolean {
  const text = new TextDecoder().decode(payload.subarray(0, 1_000)).trim();
  const word = text.startsWith('{') ? fieldOf(parseJsonObject(payload, 1_000), 'state') : text;
  if (word !== 'online' && word !== 'offline') throw new ProtocolError('malformed', 'neither online nor offline');
  return word === 'online';
}

/**
 * Reads `zigbee2mqtt/<name>`. A device with several switches names them `state_<endpoint>`. Throws ProtocolError.
 */
export function readZigbeeState(payload: Uint8Array, endpoint?: string): ZigbeeState {
  const root = parseJsonObject(payload, maxStateBytes);
  const battery = numberOf(fieldOf(root, 'battery'));
  return withoutGaps({
    power: switchOf(fieldOf(root, endpoint === undefined ? 'state' : `state_${endpoint}`)),
    temperatureCelsius: numberOf(fieldOf(root, 'temperature')),
    humidityPercent: numberOf(fieldOf(root, 'humidity')),
    carbonDioxidePpm: numberOf(fieldOf(root, 'co2')),
    illuminanceLux: numberOf(fieldOf(root, 'illuminance_lux')) ?? numberOf(fieldOf(root, 'illuminance')),
    powerWatts: numberOf(fieldOf(root, 'power')),
    energyKilowattHours: numberOf(fieldOf(root, 'energy')),
    // Devices with a battery give its voltage in millivolts: that is no mains voltage.
    voltageVolts: battery === undefined ? numberOf(fieldOf(root, 'voltage')) : undefined,
    currentAmperes: numberOf(fieldOf(root, 'current')),
    batteryPercent: battery !== undefined && battery >= 0 && battery <= 100 ? battery : undefined,
    isBatteryLow: booleanOf(root, 'battery_low'),
    contact: contactOf(fieldOf(root, 'contact')),
    isOccupied: booleanOf(root, 'occupancy') ?? booleanOf(root, 'presence'),
    hasLeak: booleanOf(root, 'water_leak'),
    hasSmoke: booleanOf(root, 'smoke'),
    isTampered: booleanOf(root, 'tamper'),
  });
}

/** Reads `bridge/devices`, at most 500 of them; entries without a name or an address are left out. Throws ProtocolError. */
export function readZigbeeDevices(payload: Uint8Array): readonly ZigbeeDevice[] {
  const list = parseJson(payload, maxListBytes);
  if (!Array.isArray(list)) throw new ProtocolError('malformed', 'bridge/devices is no list');
  return listOf(list, maxDevices).flatMap((entry) => readDevice(entry) ?? []);
}

function readDevice(entry: unknown): ZigbeeDevice | undefined {
  const address = textOf(fieldOf(entry, 'ieee_address'), 18);
  const name = textOf(fieldOf(entry, 'friendly_name'));
  if (!address || !/^0x[0-9a-f]{16}$/i.test(address) || !name) return undefined;
  const definition = objectOf(fieldOf(entry, 'definition'));
  const source = textOf(fieldOf(entry, 'power_source')) ?? '';
  return {
    ieeeAddress: address.toLowerCase(),
    name,
    isCoordinator: fieldOf(entry, 'type') === 'Coordinator',
    ...withoutGaps({
      vendor: textOf(fieldOf(definition, 'vendor')) ?? textOf(fieldOf(entry, 'manufacturer')),
      model: textOf(fieldOf(definition, 'model')) ?? textOf(fieldOf(entry, 'model_id')),
      description: textOf(fieldOf(definition, 'description')),
      firmware: textOf(fieldOf(entry, 'software_build_id')),
    }),
    isBatteryPowered: /battery/i.test(source),
    switches: listOf(fieldOf(definition, 'exposes'), maxExposes).flatMap(switchesOf),
  };
}

/** zigbee2mqtt.io, "Exposes": switches and lights have a feature `state` that can be set (access bit 2). */
function switchesOf(expose: unknown): string[] {
  if (!['switch', 'light'].includes(textOf(fieldOf(expose, 'type'), 20) ?? '')) return [];
  return listOf(fieldOf(expose, 'features'), maxExposes).flatMap((feature) => {
    const property = textOf(fieldOf(feature, 'property'), 40);
    const canSet = ((numberOf(fieldOf(feature, 'access')) ?? 0) & 2) !== 0;
    return fieldOf(feature, 'name') === 'state' && property !== undefined && canSet ? [property] : [];
  });
}

export interface ZigbeeRequest {
  readonly topic: string;
  readonly payload: string;
}

/** `zigbee2mqtt/<name>/set`. */
export function setZigbeePower(device: string, power: 'on' | 'off', endpoint?: string): ZigbeeRequest {
  return { topic: `${device}/set`, payload: JSON.stringify({ [stateName(endpoint)]: power.toUpperCase() }) };
}

/** `zigbee2mqtt/<name>/get`: Zigbee2MQTT asks the device and publishes what it says. */
export function askZigbeePower(device: string, endpoint?: string): ZigbeeRequest {
  return { topic: `${device}/get`, payload: JSON.stringify({ [stateName(endpoint)]: '' }) };
}

/** The property of the state that one switch of a device has. */
export function stateName(endpoint: string | undefined): string {
  return endpoint === undefined ? 'state' : `state_${endpoint}`;
}

function switchOf(value: unknown): 'on' | 'off' | undefined {
  if (value === 'ON') return 'on';
  return value === 'OFF' ? 'off' : undefined;
}

/** `contact: true` says that both halves touch. */
function contactOf(value: unknown): 'open' | 'closed' | undefined {
  if (typeof value !== 'boolean') return undefined;
  return value ? 'closed' : 'open';
}

function booleanOf(root: JsonObject, name: string): boolean | undefined {
  const value = fieldOf(root, name);
  return typeof value === 'boolean' ? value : undefined;
}
