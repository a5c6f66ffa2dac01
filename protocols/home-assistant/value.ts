import { ProtocolError } from '../bytes/error.ts';
import { numberOf, parseJson } from '../bytes/json.ts';
import type { EntityAvailability, HomeAssistantEntity } from './discovery.ts';
import { type ValuePath, valueAt } from './template.ts';

const maxBytes = 64 * 1024;

/** What a sensor measures, in the one unit that we use for it. */
export type Quantity =
  | 'temperatureCelsius'
  | 'humidityPercent'
  | 'batteryPercent'
  | 'powerWatts'
  | 'energyKilowattHours'
  | 'voltageVolts'
  | 'currentAmperes'
  | 'carbonDioxidePpm'
  | 'illuminanceLux';

interface Scale {
  readonly quantity: Quantity;
  /** Factors of other units; the first unit is ours. */
  readonly units: Readonly<Record<string, number>>;
}

/** Device classes of sensors (home-assistant.io, Sensor, "Device class") with their units. */
const scales: Readonly<Record<string, Scale>> = {
  temperature: { quantity: 'temperatureCelsius', units: { '°C': 1 } },
  humidity: { quantity: 'humidityPercent', units: { '%': 1 } },
  battery: { quantity: 'batteryPercent', units: { '%': 1 } },
  power: { quantity: 'powerWatts', units: { W: 1, mW: 0.001, kW: 1_000 } },
  energy: { quantity: 'energyKilowattHours', units: { kWh: 1, Wh: 0.001, MWh: 1_000 } },
  voltage: { quantity: 'voltageVolts', units: { V: 1, mV: 0.001, kV: 1_000 } },
  current: { quantity: 'currentAmperes', units: { A: 1, mA: 0.001 } },
  carbon_dioxide: { quantity: 'carbonDioxidePpm', units: { ppm: 1 } },
  illuminance: { quantity: 'illuminanceLux', units: { lx: 1 } },
};

/** The number that a sensor entity sent; undefined for what we do not measure. Throws ProtocolError for no number. */
export function readQuantity(
  { deviceClass = '', unit, path }: Pick<HomeAssistantEntity, 'deviceClass' | 'unit' | 'path'>,
  payload: Uint8Array,
): { readonly quantity: Quantity; readonly value: number } | undefined {
  const scale = Object.hasOwn(scales, deviceClass) ? scales[deviceClass] : undefined;
  if (!scale || path === undefined) return undefined;
  const text = readValue(path, payload);
  // Home Assistant's own words for a sensor that has no value at this moment.
  if (text === undefined || ['unknown', 'unavailable', 'None', 'nan', 'NaN'].includes(text)) return undefined;
  const number = numberOf(text);
  if (number === undefined) throw new ProtocolError('malformed', `a ${deviceClass} that is no number`);
  const value = inOurUnit(number, unit, scale);
  if (value === undefined) return undefined;
  // The greatest numbers are none any more in another unit.
  if (!Number.isFinite(value)) throw new ProtocolError('malformed', `a ${deviceClass} that is beyond all numbers`);
  return { quantity: scale.quantity, value };
}

/** Undefined for a unit that we do not know. */
function inOurUnit(number: number, unit: string | undefined, { quantity, units }: Scale): number | undefined {
  if (unit === '°F' && quantity === 'temperatureCelsius') return Math.round(((number - 32) * 500) / 9) / 100;
  const factor = unit === undefined ? 1 : Object.hasOwn(units, unit) ? units[unit] : undefined;
  return factor === undefined ? undefined : number * factor;
}

/** Whether a switch, light or binary sensor says that it is on; undefined for a word that is neither. Throws ProtocolError. */
export function readOnOff(
  entity: Pick<HomeAssistantEntity, 'path' | 'stateOn' | 'stateOff'>,
  payload: Uint8Array,
): boolean | undefined {
  if (entity.path === undefined) return undefined;
  const text = readValue(entity.path, payload);
  if (text === entity.stateOn) return true;
  return text === entity.stateOff ? false : undefined;
}

/** Throws ProtocolError. */
export function readEntityAvailability(availability: EntityAvailability, payload: Uint8Array): boolean | undefined {
  const text = readValue(availability.path, payload);
  if (text === availability.available) return true;
  return text === availability.notAvailable ? false : undefined;
}

/** The value as the template would write it: Jinja writes `True` for `true`; we compare without regard to that. */
function readValue(path: ValuePath, payload: Uint8Array): string | undefined {
  if (path === 'whole') {
    if (payload.length > maxBytes) throw new ProtocolError('oversize', 'a state of more than 64 KiB');
    return new TextDecoder().decode(payload).trim();
  }
  const value = valueAt(parseJson(payload, maxBytes), path);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}
