import { type Severity, severityOf } from './condition.ts';
import { linesOf } from './output.ts';

/** One line of `sdr elist all` (IPMI 2.0 section 43). */
export interface SensorReading {
  readonly name: string;
  readonly kind: 'temperature' | 'fan' | 'voltage' | 'current' | 'power' | 'share' | 'state';
  /** °C, revolutions a minute, V, A, W or %; undefined for a state, and for a sensor that has no value now. */
  readonly value: number | undefined;
  /** `absent` for a sensor that is switched off or tells nothing. */
  readonly level: Severity | 'absent';
  /** What a discrete sensor says, in words; empty otherwise. */
  readonly words: string;
}

const mostSensors = 256;

interface Unit {
  readonly kind: SensorReading['kind'];
  readonly of?: (value: number) => number;
}
const units: Readonly<Record<string, Unit>> = {
  'degrees C': { kind: 'temperature' },
  'degrees F': { kind: 'temperature', of: (value) => Math.round((value - 32) / 0.18) / 10 },
  RPM: { kind: 'fan' },
  Volts: { kind: 'voltage' },
  Amps: { kind: 'current' },
  Watts: { kind: 'power' },
  percent: { kind: 'share' },
};

/** `ok` within its limits; else the limit that is passed, with or without the side: `nc`, `ucr`, `lnr`. `ns` and `na` have no reading. */
const levels: Readonly<Record<string, SensorReading['level']>> = {
  ok: 'ok',
  nc: 'warning',
  unc: 'warning',
  lnc: 'warning',
  cr: 'error',
  ucr: 'error',
  lcr: 'error',
  nr: 'error',
  unr: 'error',
  lnr: 'error',
};

/** The first 256 sensors. Lines that are none (of controllers, of inventories) are left out. */
export function parseSensors(output: string): readonly SensorReading[] {
  return linesOf(output)
    .flatMap((line) => readLine(line) ?? [])
    .slice(0, mostSensors);
}

const lineForm = /^(.{1,80}?)\s*\|\s*[0-9a-f]{2}h\s*\|\s*([a-z]{2,3})\s*\|\s*\d+\.\d+\s*\|\s?(.*)$/i;
const notSensors = /^(Dynamic MC|Static MC|Log FRU|Phy FRU|Generic Device|BMC ?Info|Event-?Only)\b/i;
const noReading = /^(no reading|disabled|not readable|unknown|n\/?a|)$/i;
const valueForm = /^(-?\d{1,9}(?:\.\d{1,6})?)\s+(degrees [CF]|RPM|Volts|Amps|Watts|percent)\b/;

function readLine(line: string): SensorReading | undefined {
  const [, name = '', status = '', rest = ''] = lineForm.exec(line) ?? [];
  const words = rest.trim();
  if (name.trim() === '' || notSensors.test(words)) return undefined;
  const shared = { name: name.trim() };
  const [, digits, unitName = ''] = valueForm.exec(words) ?? [];
  const unit = units[unitName];
  if (digits !== undefined && unit) {
    const value = unit.of ? unit.of(Number(digits)) : Number(digits);
    return { ...shared, kind: unit.kind, value, level: levels[status.toLowerCase()] ?? 'absent', words: '' };
  }
  const isSilent = noReading.test(words) || !Object.hasOwn(levels, status.toLowerCase());
  return { ...shared, kind: 'state', value: undefined, level: isSilent ? 'absent' : severityOf(words), words };
}
