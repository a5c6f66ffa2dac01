import { ProtocolError } from '../bytes/error.ts';
import type { PjlinkClass } from './line.ts';

export type PjlinkPower = 'off' | 'on' | 'cooling' | 'warming';
type FaultLevel = 'ok' | 'warning' | 'error';

/** The six digits of ERST, in their order on the wire. */
export const faultParts = ['fan', 'lamp', 'temperature', 'cover', 'filter', 'other'] as const;
export type FaultPart = (typeof faultParts)[number];
export type Faults = Readonly<Record<FaultPart, FaultLevel>>;

export interface Mute {
  readonly video: boolean;
  readonly audio: boolean;
}

export interface Lamp {
  readonly hours: number;
  readonly on: boolean;
}

/** What the projector sees at its input: a size such as `1920x1080`, nothing, or something it cannot name. */
export type Resolution = { readonly kind: 'size'; readonly size: string } | { readonly kind: 'absent' | 'unknown' };

// Maps, because what a projector says may also be the name of what every object has.
const powers: ReadonlyMap<string, PjlinkPower> = new Map([
  ['0', 'off'],
  ['1', 'on'],
  ['2', 'cooling'],
  ['3', 'warming'],
]);
const levels: Readonly<Record<string, FaultLevel>> = { '0': 'ok', '1': 'warning', '2': 'error' };
const mutes: ReadonlyMap<string, Mute> = new Map([
  ['11', { video: true, audio: false }],
  ['21', { video: false, audio: true }],
  ['31', { video: true, audio: true }],
  ['30', { video: false, audio: false }],
  // Projectors that can mute only one of the two report its "off" so [openlp 3.0.2, pjlinkcommands.py].
  ['10', { video: false, audio: false }],
  ['20', { video: false, audio: false }],
]);

/** POWR [PJLink 1.04 section 4.2]. Every parser here throws ProtocolError `malformed`. */
export function parsePower(text: string): PjlinkPower {
  return powers.get(text) ?? fail('power', text);
}

/** AVMT [4.6]. */
export function parseMute(text: string): Mute {
  return mutes.get(text) ?? fail('mute', text);
}

/** ERST [4.7]: exactly six digits of 0 to 2. */
export function parseFaults(text: string): Faults {
  if (!/^[012]{6}$/.test(text)) fail('error status', text);
  const entries = faultParts.map((part, index) => [part, levels[text.charAt(index)] ?? 'ok'] as const);
  return Object.fromEntries(entries) as Record<FaultPart, FaultLevel>;
}

/** LAMP [4.8]: up to eight pairs of hours and 0 or 1; hours have at most five digits. */
export function parseLamps(text: string): readonly Lamp[] {
  if (!/^\d{1,5} [01]( \d{1,5} [01]){0,7}$/.test(text)) fail('lamp status', text);
  return [...text.matchAll(/(\d+) ([01])/g)].map(([, hours, on]) => ({ hours: Number(hours), on: on === '1' }));
}

const inputPattern = /^[1-6][1-9A-Z]$/;

/** Whether `text` names an input: a type 1 to 6 and a number 1 to 9 or, in class 2, A to Z [4.3]. */
export function isInput(text: string): boolean {
  return inputPattern.test(text);
}

/** INPT [4.4]. */
export function parseInput(text: string): string {
  return inputPattern.test(text) ? text : fail('input', text);
}

/** INST [4.9]: inputs between spaces; some projectors leave one at the end. */
export function parseInputs(text: string): readonly string[] {
  const inputs = text
    .trim()
    .split(/ +/)
    .filter((input) => input !== '');
  for (const input of inputs) parseInput(input);
  return inputs;
}

/**
 * CLSS [4.14]. The standard answers one digit; Optoma says `Class 1`, BenQ `Version1` [openlp 3.0.2, bug 1550891], so
 * the first digit counts. A later class is spoken to as class 2.
 */
export function parseClass(text: string): PjlinkClass {
  const digit = /\d/.exec(text)?.[0];
  return digit !== undefined && digit >= '2' ? 2 : 1;
}

/** IRES [2.00 section 4.18]; an empty answer says as little as `*`. */
export function parseResolution(text: string): Resolution {
  if (text === '-') return { kind: 'absent' };
  if (text === '*' || text === '') return { kind: 'unknown' };
  return { kind: 'size', size: parseSize(text) };
}

/** RRES [2.00 section 4.19]: width and height in pixels. */
export function parseSize(text: string): string {
  return /^\d{1,5}x\d{1,5}$/i.test(text) ? text.toLowerCase() : fail('resolution', text);
}

/** FILT [2.00 section 4.20]: hours of use of the filter. */
export function parseHours(text: string): number {
  return /^\d{1,5}$/.test(text) ? Number(text) : fail('hours', text);
}

/** FREZ [2.00 section 4.26]. */
export function parseSwitch(text: string): boolean {
  if (text !== '0' && text !== '1') fail('switch', text);
  return text === '1';
}

/** Names and numbers are kept as they are, without control characters and outer spaces; an empty one is legal. */
export function parseText(text: string): string {
  return text.replace(/\p{Cc}/gu, '').trim();
}

function fail(what: string, text: string): never {
  throw new ProtocolError('malformed', `this is no PJLink ${what}: ${JSON.stringify(text.slice(0, 60))}`);
}
