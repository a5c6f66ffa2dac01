import { createHash } from 'node:crypto';

/** What one entry of the audit log says; the hash covers all of it. */
export interface AuditEntry {
  /** User id, or the word for a part of the system. */
  readonly actor: string;
  /** What was done: `<noun>.<verb>`. */
  readonly action: string;
  /** To what: `<kind>:<id>`. */
  readonly subject: string;
  readonly unitId?: number | undefined;
  readonly reason?: string | undefined;
  /** Network address that the request came from. */
  readonly origin?: string | undefined;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
}

/** An entry as it is stored and hashed: nothing left out, nothing that the database would change. */
export interface StorableEntry {
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly unitId: number | null;
  readonly reason: string | null;
  readonly origin: string | null;
  readonly detail: Record<string, unknown>;
}

/** What stands before the first entry. */
export const genesisHash = '0'.repeat(64);

/** Most characters of the detail's JSON; more is replaced by its size and its hash. */
const mostDetailChars = 16_384;
const mostTextChars = 1_000;

/** Makes an entry storable. JSON of PostgreSQL holds neither NUL nor half a surrogate pair, so both go first. */
export function storable(entry: AuditEntry, atMs: number): StorableEntry {
  const detail = cleaned(JSON.parse(JSON.stringify(entry.detail ?? {}))) as Record<string, unknown>;
  const text = canonicalJson(detail);
  return {
    at: new Date(atMs),
    actor: cleanText(entry.actor),
    action: cleanText(entry.action),
    subject: cleanText(entry.subject),
    unitId: entry.unitId ?? null,
    reason: entry.reason === undefined ? null : cleanText(entry.reason),
    origin: entry.origin === undefined ? null : cleanText(entry.origin),
    detail: text.length > mostDetailChars ? { oversizeChars: text.length, sha256: sha256(text) } : detail,
  };
}

/** SHA-256, lower hex, over the hash before it and the canonical JSON of the entry. */
export function hashOf(previousHash: string, entry: StorableEntry): string {
  return sha256(`${previousHash}\n${canonicalJson({ ...entry, at: entry.at.toISOString() })}`);
}

/** JSON with the keys of every object in code-unit order, so that equal values are equal text (after RFC 8785). */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [cleanText(key), cleaned(inner)]));
  return value;
}

function cleanText(text: string): string {
  return text.slice(0, mostTextChars).replaceAll('\0', '').toWellFormed();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
