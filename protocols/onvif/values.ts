import { ProtocolError } from '../bytes/error.ts';

/** xs:boolean [XML Schema 1.0 part 2, 3.2.2]; undefined for anything else. */
export function parseBoolean(text: string | undefined): boolean | undefined {
  const value = text?.trim().toLowerCase();
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  return undefined;
}

/** A finite decimal number; undefined for anything else. */
export function parseNumber(text: string | undefined): number | undefined {
  const value = text?.trim() ?? '';
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(value)) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** A whole number from 0 up that JSON carries exactly; undefined for anything else. */
export function parseCount(text: string | undefined): number | undefined {
  const number = parseNumber(text);
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** xs:dateTime as milliseconds since the Unix epoch; a value without zone is UTC, as all of ONVIF's are. Undefined when unreadable. */
export function parseDateTime(text: string | undefined): number | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(text?.trim() ?? '');
  if (!match) return undefined;
  const [, instant = '', fraction = '', zone = 'Z'] = match;
  const milliseconds = Date.parse(`${instant}${fraction.slice(0, 4)}${zone}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** xs:duration of a whole number of milliseconds, 0 up: `PT20S`, `PT0.5S`. */
export function formatDuration(milliseconds: number): string {
  if (!Number.isSafeInteger(milliseconds) || milliseconds < 0) {
    throw new ProtocolError('unsupported', `${milliseconds} ms cannot be written as a duration`);
  }
  return `PT${milliseconds / 1000}S`;
}

/** xs:duration in days, hours, minutes and seconds, as milliseconds; undefined for one with years or months, and for anything else. */
export function parseDuration(text: string | undefined): number | undefined {
  const match = /^P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d+)?)S)?)?$/.exec(
    text?.trim() ?? '',
  );
  if (!match || /[PT]$/.test(match[0])) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000);
}

/** A list as XML Schema writes it: items between white space. */
export function parseList(text: string | undefined): readonly string[] {
  return text?.split(/\s+/).filter((item) => item !== '') ?? [];
}

/** A MAC address in lower case with colons; undefined for anything else. */
export function parseMac(text: string | undefined): string | undefined {
  const digits = text?.toLowerCase().replace(/[:.-]/g, '') ?? '';
  return /^[0-9a-f]{12}$/.test(digits) && digits !== '000000000000' ? digits.replace(/(..)(?=.)/g, '$1:') : undefined;
}
