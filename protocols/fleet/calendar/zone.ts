/** Offsets change on quarters of an hour of UTC (every rule of the IANA database since 1972). */
const stepMs = 15 * 60_000;
const dayMs = 86_400_000;

/** Most remembered offsets of one zone; a full memory is forgotten whole, which costs only time. */
const remembered = 4_096;

interface Zone {
  readonly format: Intl.DateTimeFormat;
  readonly offsets: Map<number, number>;
}
const zones = new Map<string, Zone>();
/** More than the IANA database has; a name counts once for each way to write its capitals. */
const mostZones = 1_000;

function zoneOf(timeZone: string): Zone {
  const known = zones.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const zone = { format, offsets: new Map<number, number>() };
  if (zones.size >= mostZones) zones.clear();
  zones.set(timeZone, zone);
  return zone;
}

/** Whether this machine knows the time zone by that name. */
export function isTimeZone(name: string): boolean {
  try {
    zoneOf(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function readOffset(format: Intl.DateTimeFormat, atMs: number): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(atMs)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - atMs;
}

/** What the wall shows minus UTC, in ms, at an instant. */
function offsetAt(timeZone: string, atMs: number): number {
  const zone = zoneOf(timeZone);
  const step = Math.floor(atMs / stepMs);
  const known = zone.offsets.get(step);
  if (known !== undefined) return known;
  const offset = readOffset(zone.format, step * stepMs);
  if (zone.offsets.size >= remembered) zone.offsets.clear();
  zone.offsets.set(step, offset);
  return offset;
}

/** The first step in (`lowMs`, `highMs`] whose offset is no longer that of `lowMs`. */
function changeOfOffset(timeZone: string, lowMs: number, highMs: number): number {
  const before = offsetAt(timeZone, lowMs);
  let low = Math.floor(lowMs / stepMs);
  let high = Math.ceil(highMs / stepMs);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(timeZone, middle * stepMs) === before) low = middle;
    else high = middle;
  }
  return high * stepMs;
}

/** The date that the wall shows at an instant. */
export function wallDateAt(timeZone: string, atMs: number): string {
  return new Date(atMs + offsetAt(timeZone, atMs)).toISOString().slice(0, 10);
}

/**
 * The first instant at which the wall shows `date` and `minute` (of the day, 0 to 1440) or later. An hour that the
 * clock skips begins when the clock has skipped it; of an hour that it shows twice the first counts. So the order of
 * wall times is never turned round.
 */
export function instantOf(timeZone: string, date: string, minute: number): number {
  const wallMs = Date.parse(`${date}T00:00:00Z`) + minute * 60_000;
  const before = offsetAt(timeZone, wallMs - dayMs);
  const after = offsetAt(timeZone, wallMs + dayMs);
  if (before === after) return wallMs - before;
  const changeMs = changeOfOffset(timeZone, wallMs - dayMs, wallMs + dayMs);
  return wallMs - before < changeMs ? wallMs - before : Math.max(changeMs, wallMs - after);
}
