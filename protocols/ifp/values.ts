import { ProtocolError } from '../bytes/error.ts';

/** `000` and `001`. Throws ProtocolError `malformed`. */
export function parseSwitch(value: string): boolean {
  if (value !== '000' && value !== '001')
    throw new ProtocolError('malformed', `a panel switch is 000 or 001, not ${shown(value)}`);
  return value === '001';
}

/** `000` to `100`. Throws ProtocolError `malformed`. */
export function parsePercent(value: string): number {
  const number = /^\d{3}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= 100)) throw new ProtocolError('malformed', `a panel level is 000 to 100, not ${shown(value)}`);
  return number;
}

/** `000` to `100` °C, or `-01` to `-99`. Throws ProtocolError `malformed`. */
export function parseCelsius(value: string): number {
  const number = /^(?:\d{3}|-\d{2})$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= 100)) throw new ProtocolError('malformed', `a panel temperature is -99 to 100, not ${shown(value)}`);
  return number;
}

/** The first character tells whether there is a signal, the other two name the source. Throws ProtocolError `malformed`. */
export function parseInput(value: string): { readonly signal: boolean; readonly code: string } {
  if (!/^[01][0-9A-Za-z]{2}$/.test(value))
    throw new ProtocolError('malformed', `no panel input looks like ${shown(value)}`);
  return { signal: value.startsWith('1'), code: value.slice(1).toUpperCase() };
}

/** Hours from one long answer, or from the four short ones with two digits each. Throws ProtocolError `malformed`. */
export function parseHours(values: readonly string[]): number {
  const digits =
    values.length === 1
      ? (values[0] ?? '').replaceAll('\0', '').trim()
      : values.map((value) => value.slice(-2)).join('');
  if (!/^\d{1,8}$/.test(digits)) throw new ProtocolError('malformed', `panel hours are 8 digits, not ${shown(digits)}`);
  return Number(digits);
}

/** The text behind the selector of BenQ's model question, without padding. Throws ProtocolError `malformed`. */
export function parseModelText(value: string, selector: number): string {
  if (value.charCodeAt(0) !== selector)
    throw new ProtocolError('malformed', 'the panel answers for another part of its model');
  return value.slice(1).replaceAll('\0', ' ').trim();
}

/** The question for one part of BenQ's model: the selector and zero bytes up to 20 bytes before CR. */
export function modelQuestion(selector: number): string {
  return String.fromCharCode(selector).padEnd(15, '\0');
}

function shown(value: string): string {
  return JSON.stringify(value.slice(0, 20));
}
