import { ProtocolError } from './error.ts';

/** What JSON of a device is read with: nothing is believed about its shape, its size, or the names in it. */

/** A JSON object as it came; `in` and inherited names never count. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses UTF-8 JSON. Throws ProtocolError `oversize` | `malformed`. */
export function parseJson(bytes: Uint8Array, maxBytes: number): unknown {
  if (bytes.length > maxBytes)
    throw new ProtocolError('oversize', `${bytes.length} bytes of JSON, ${maxBytes} are read`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (thrown) {
    throw new ProtocolError('malformed', 'this is no JSON', { cause: thrown });
  }
}

/** As `parseJson`, for an object. Throws ProtocolError `malformed` for anything else. */
export function parseJsonObject(bytes: Uint8Array, maxBytes: number): JsonObject {
  const value = objectOf(parseJson(bytes, maxBytes));
  if (!value) throw new ProtocolError('malformed', 'a JSON object was expected');
  return value;
}

export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** The field of an object by its own name; undefined for all else, also for inherited names. */
export function fieldOf(value: unknown, name: string): unknown {
  const object = objectOf(value);
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The elements of a list, at most `max` of them; none of anything else. */
export function listOf(value: unknown, max: number): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, max) : [];
}

/** Text without control characters, at most `maxLength` long; undefined when nothing is left. */
export function textOf(value: unknown, maxLength = 200): string | undefined {
  if (typeof value !== 'string') return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
  const text = value.slice(0, maxLength * 4).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
  return text.trim().slice(0, maxLength) || undefined;
}

/** A finite number, also one that is written as text. */
export function numberOf(value: unknown): number | undefined {
  const isText = typeof value === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value);
  const number = isText ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

type Filled<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** The object without the fields that are undefined. */
export function withoutGaps<T extends object>(value: T): Filled<T> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as Filled<T>;
}
