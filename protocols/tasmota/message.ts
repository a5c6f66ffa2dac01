import { ProtocolError } from '../bytes/error.ts';
import {
  fieldOf,
  type JsonObject,
  listOf,
  numberOf,
  objectOf,
  parseJsonObject,
  textOf,
  withoutGaps,
} from '../bytes/json.ts';

/** What one message of a Tasmota device tells; fields that it does not speak of are absent. */
export interface TasmotaUpdate {
  readonly isOnline?: boolean;
  /** Relays by number from 1; a single relay is number 1. */
  readonly relays?: Readonly<Record<number, 'on' | 'off'>>;
  readonly uptimeSeconds?: number;
  readonly sensors?: TasmotaSensors;
  readonly identity?: TasmotaIdentity;
}

export interface TasmotaSensors {
  readonly temperatureCelsius?: number;
  readonly humidityPercent?: number;
  readonly carbonDioxidePpm?: number;
  readonly illuminanceLux?: number;
  readonly powerWatts?: number;
  readonly energyKilowattHours?: number;
  readonly voltageVolts?: number;
  readonly currentAmperes?: number;
  /** Since when the energy is counted, in the device's words. */
  readonly energySince?: string;
}

export interface TasmotaIdentity {
  readonly name?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly hardware?: string;
  /** Lower case with colons. */
  readonly mac?: string;
}

/** Tasmota's own limit for one message is 1,200 bytes of text and 4,000 on ESP32; a wide margin. */
const maxBytes = 32 * 1024;

/**
 * Reads a message by the last level of its topic: `LWT`, `STATE`, `SENSOR`, `INFO1`, `RESULT`, `POWER`, `STATUS...`.
 * Undefined when it tells nothing that we ask. Throws ProtocolError.
 */
export function readTasmota(leaf: string, payload: Uint8Array): TasmotaUpdate | undefined {
  if (leaf === 'LWT') return { isOnline: readLastWill(payload) };
  const relay = relayNumber(leaf);
  if (relay !== undefined) return { relays: { [relay]: requireSwitch(plainText(payload)) } };
  if (/^(STATE|RESULT|SENSOR|INFO\d|STATUS\d*)$/.test(leaf)) return readObject(parseJsonObject(payload, maxBytes));
  return undefined;
}

/** `Online` or `Offline` (tasmota.github.io/docs/MQTT: LWT). Throws ProtocolError. */
function readLastWill(payload: Uint8Array): boolean {
  const text = plainText(payload).toLowerCase();
  if (text !== 'online' && text !== 'offline') {
    throw new ProtocolError('malformed', 'LWT is neither Online nor Offline');
  }
  return text === 'online';
}

/** All of STATE, SENSOR, RESULT and STATUS0 to STATUS11: each part is told by its own name. */
function readObject(root: JsonObject): TasmotaUpdate {
  const state = objectOf(fieldOf(root, 'StatusSTS')) ?? root;
  const sensors = readSensors(objectOf(fieldOf(root, 'StatusSNS')) ?? root);
  const relays = readRelays(state);
  const uptimeSeconds = numberOf(fieldOf(state, 'UptimeSec'));
  const identity = readIdentity(root);
  return {
    ...(Object.keys(relays).length > 0 ? { relays } : {}),
    ...(uptimeSeconds === undefined ? {} : { uptimeSeconds }),
    ...(Object.keys(sensors).length > 0 ? { sensors } : {}),
    ...(Object.keys(identity).length > 0 ? { identity } : {}),
  };
}

function readRelays(state: JsonObject): Readonly<Record<number, 'on' | 'off'>> {
  const relays: Record<number, 'on' | 'off'> = {};
  for (const [name, value] of Object.entries(state)) {
    const relay = relayNumber(name);
    const position = switchOf(value);
    if (relay !== undefined && position !== undefined) relays[relay] = position;
  }
  return relays;
}

/** `POWER` is the only relay, `POWER1` to `POWER32` one of several. */
function relayNumber(name: string): number | undefined {
  const match = /^POWER(\d{0,2})$/.exec(name);
  const relay = match?.[1] === '' ? 1 : Number(match?.[1]);
  return match && relay >= 1 && relay <= 32 ? relay : undefined;
}

function requireSwitch(text: string): 'on' | 'off' {
  const position = switchOf(text);
  if (!position) throw new ProtocolError('malformed', 'a relay is neither ON nor OFF');
  return position;
}

/** The words of StateText1 and StateText2 as they are unless a person changed them, and the numbers. */
function switchOf(value: unknown): 'on' | 'off' | undefined {
  // An object of a wire may have a field `toString` of its own.
  const text = typeof value === 'number' ? `${value}` : textOf(value, 20)?.toUpperCase();
  if (text === 'ON' || text === '1') return 'on';
  return text === 'OFF' || text === '0' ? 'off' : undefined;
}

/** Sensors carry their own names (`DHT22`, `SCD40`); the first that has a value counts. */
function readSensors(root: JsonObject): TasmotaSensors {
  const parts = Object.values(root).flatMap((part) => objectOf(part) ?? []);
  const first = (name: string) =>
    parts.map((part) => numberOf(fieldOf(part, name))).find((value) => value !== undefined);
  const energy = objectOf(fieldOf(root, 'ENERGY'));
  const isFahrenheit = fieldOf(root, 'TempUnit') === 'F';
  const degrees = first('Temperature');
  return withoutGaps({
    temperatureCelsius: degrees !== undefined && isFahrenheit ? celsius(degrees) : degrees,
    humidityPercent: first('Humidity'),
    carbonDioxidePpm: first('CarbonDioxide'),
    illuminanceLux: first('Illuminance'),
    powerWatts: sumOf(fieldOf(energy, 'Power')),
    energyKilowattHours: sumOf(fieldOf(energy, 'Total')),
    voltageVolts: firstOf(fieldOf(energy, 'Voltage')),
    currentAmperes: sumOf(fieldOf(energy, 'Current')),
    energySince: textOf(fieldOf(energy, 'TotalStartTime'), 40),
  });
}

function readIdentity(root: JsonObject): TasmotaIdentity {
  const [status, firmware, network] = ['Status', 'StatusFWR', 'StatusNET'].map((name) => fieldOf(root, name));
  const info = fieldOf(root, 'Info1');
  return withoutGaps({
    name: textOf(fieldOf(status, 'DeviceName')),
    model: textOf(fieldOf(info, 'Module')),
    firmware: textOf(fieldOf(firmware, 'Version')) ?? textOf(fieldOf(info, 'Version')),
    hardware: textOf(fieldOf(firmware, 'Hardware')),
    mac: macOf(fieldOf(network, 'Mac')),
  });
}

export interface TasmotaConfig extends TasmotaIdentity {
  readonly topic: string;
  readonly fullTopic: string;
  /** Kinds of its relays by the numbers of Tasmota: 1 is a relay, 2 a light. */
  readonly relays: number;
}

/** `tasmota/discovery/<MAC>/config` (tasmota_discovery in the source of Tasmota). Throws ProtocolError. */
export function readTasmotaConfig(payload: Uint8Array): TasmotaConfig {
  const root = parseJsonObject(payload, maxBytes);
  const [topic, fullTopic] = [textOf(fieldOf(root, 't')), textOf(fieldOf(root, 'ft'))];
  if (!topic || !fullTopic) throw new ProtocolError('malformed', 'a discovery message without a topic');
  const identity = withoutGaps({
    name: textOf(fieldOf(root, 'dn')),
    model: textOf(fieldOf(root, 'md')),
    firmware: textOf(fieldOf(root, 'sw')),
    mac: macOf(fieldOf(root, 'mac')),
  });
  const relays = listOf(fieldOf(root, 'rl'), 32).filter((kind) => kind === 1 || kind === 2).length;
  return { ...identity, topic, fullTopic, relays };
}

/** `B4E62D14BE5A` and `B4:E6:2D:14:BE:5A` are both in use. */
function macOf(value: unknown): string | undefined {
  const digits = textOf(value, 17)?.replaceAll(/[:-]/g, '').toLowerCase();
  return digits && /^[0-9a-f]{12}$/.test(digits) ? digits.replaceAll(/(..)(?=.)/g, '$1:') : undefined;
}

/** Meters with several channels send a list. */
function sumOf(value: unknown): number | undefined {
  if (!Array.isArray(value)) return numberOf(value);
  const numbers = listOf(value, 8).flatMap((part) => numberOf(part) ?? []);
  // Binary fractions do not add up to what the device wrote.
  return numbers.length > 0 ? finite(Number(numbers.reduce((sum, part) => sum + part, 0).toFixed(6))) : undefined;
}

function firstOf(value: unknown): number | undefined {
  return numberOf(Array.isArray(value) ? value[0] : value);
}

function celsius(fahrenheit: number): number | undefined {
  return finite(Math.round(((fahrenheit - 32) * 500) / 9) / 100);
}

/** The greatest numbers are none any more in another unit, or in sum. */
function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function plainText(payload: Uint8Array): string {
  return new TextDecoder().decode(payload.subarray(0, 100)).trim();
}
