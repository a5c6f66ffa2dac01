/** Languages of the product, first one first. */
export const languages = ['vi', 'en'] as const;
export type Language = (typeof languages)[number];

const zone = 'Asia/Ho_Chi_Minh';
const locales = { vi: 'vi-VN', en: 'en-GB' } as const;

/** Text for what is not known. */
export const nothing = '—';

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** How long ago, in the largest whole unit: `2 phút trước`. Below 5 s, and for what lies ahead by a clock's error, the caller's word for "just now". */
export function formatAge(atMs: number, nowMs: number, language: Language, justNow: string): string {
  const seconds = Math.floor((nowMs - atMs) / 1000);
  if (seconds < 5) return justNow;
  const [unit, size] = steps.find(([, length]) => seconds >= length) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(locales[language], { numeric: 'always' }).format(
    -Math.floor(seconds / size),
    unit,
  );
}

/** How long until, in the largest whole unit: `sau 40 giây`. */
export function formatUntil(atMs: number, nowMs: number, language: Language): string {
  const seconds = Math.max(0, Math.ceil((atMs - nowMs) / 1000));
  const [unit, size] = steps.find(([, length]) => seconds >= length) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(locales[language], { numeric: 'always' }).format(Math.floor(seconds / size), unit);
}

/** Date and time in Viet Nam, whatever the zone of the reader's device: `24/11/2026 15:37`. */
export function formatInstant(atMs: number, language: Language): string {
  return new Intl.DateTimeFormat(locales[language], {
    timeZone: zone,
    day: '2-digit',
    month: '2-digit',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(atMs);
}

/** Time of day in Viet Nam with seconds: `15:37:05`. */
export function formatTime(atMs: number, language: Language): string {
  return new Intl.DateTimeFormat(locales[language], { timeZone: zone, timeStyle: 'medium', hourCycle: 'h23' }).format(
    atMs,
  );
}

/** Short mark for an axis: the hour within a day, else the day. */
export function formatTick(atMs: number, language: Language, within: 'day' | 'month'): string {
  const parts: Intl.DateTimeFormatOptions =
    within === 'day' ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } : { day: '2-digit', month: '2-digit' };
  return new Intl.DateTimeFormat(locales[language], { timeZone: zone, ...parts }).format(atMs);
}

/** A number with the separators of the language, at most `digits` after the comma. */
export function formatNumber(value: number, language: Language, digits = 0): string {
  return new Intl.NumberFormat(locales[language], { maximumFractionDigits: digits }).format(value);
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes in powers of 1000, three figures: `1,23 GB`. */
export function formatBytes(bytes: number, language: Language): string {
  const size = Math.abs(bytes);
  const power = size < 1000 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(size) / 3));
  const value = bytes / 1000 ** power;
  const digits = power === 0 || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${formatNumber(value, language, digits)} ${byteUnits[power]}`;
}

/** A length of time in its two largest units: `3 ngày 4 giờ`. */
export function formatDuration(totalSeconds: number, language: Language): string {
  const seconds = Math.max(0, Math.round(totalSeconds));
  const parts: readonly (readonly [string, number])[] = [
    ['day', Math.floor(seconds / 86_400)],
    ['hour', Math.floor((seconds % 86_400) / 3_600)],
    ['minute', Math.floor((seconds % 3_600) / 60)],
    ['second', seconds % 60],
  ];
  const first = parts.findIndex(([, count]) => count > 0);
  const chosen = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2).filter(([, count]) => count > 0);
  return chosen
    .map(([unit, count]) =>
      new Intl.NumberFormat(locales[language], { style: 'unit', unit, unitDisplay: 'long' }).format(count),
    )
    .join(' ');
}

/** Units that Vietnamese writes as words; the rest are signs and stand as they are. */
const wordUnits: Readonly<Record<string, string>> = { h: 'hour', min: 'minute', s: 'second' };

/** A measured value with its unit as capabilities name them: `%`, `°C`, `B`, `B/s`, `h`, `min`, `s`, `ms` or none. */
export function formatMeasure(value: number, unit: string, language: Language): string {
  if (unit === 'B') return formatBytes(value, language);
  if (unit === 'B/s') return `${formatBytes(value, language)}/s`;
  if (unit === 's' && Math.abs(value) >= 120) return formatDuration(value, language);
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : 1;
  const word = language === 'vi' ? wordUnits[unit] : undefined;
  const style = word === undefined ? {} : ({ style: 'unit', unit: word, unitDisplay: 'long' } as const);
  const text = new Intl.NumberFormat(locales[language], { maximumFractionDigits: digits, ...style }).format(value);
  if (unit === '' || word !== undefined) return text;
  return unit === '%' ? `${text}%` : `${text} ${unit}`;
}
