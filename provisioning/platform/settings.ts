import { z } from 'zod';
import { FatalError } from '../../protocols/errors.ts';

/** Where a value came from, for `config print`. */
export type Origin = 'default' | 'file' | 'environment' | 'flag';

export interface SettingsSources {
  /** Parsed content of the configuration file; `{}` without one. */
  readonly file: unknown;
  /** The process environment. `EDUFLEET_A__B=x` sets `a.b`; `EDUFLEET_A__B_FILE=/path` reads the value from a file. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Command-line options, strongest. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Reads a secret's file for `*_FILE`; one trailing newline is dropped. */
  readonly readFile: (path: string) => string;
}

export interface Settings<T> {
  readonly values: T;
  /** Origin by dotted path of each leaf that is not a default. */
  readonly origins: ReadonlyMap<string, Origin>;
}

const prefix = 'EDUFLEET_';
type Tree = Record<string, unknown>;

/**
 * Defaults < file < environment < flags, checked once and frozen. Keys are camel case in the file and upper snake case in
 * the environment (`dataDir` is `EDUFLEET_DATA_DIR`). Pure but for `readFile`.
 * Throws FatalError `unknown-setting` naming the key and the nearest known one, or `invalid-setting` naming the value's path.
 */
export function readSettings<S extends z.ZodObject>(schema: S, sources: SettingsSources): Settings<z.output<S>> {
  const known = leavesOf(schema);
  const origins = new Map<string, Origin>();
  const merged: Tree = {};
  for (const [path, value] of leafEntries(sources.file, known)) place(path, value, 'file', { merged, origins, known });
  for (const [name, value] of Object.entries(sources.environment)) {
    if (!name.startsWith(prefix) || value === undefined) continue;
    const { path, text } = fromEnvironment(name, value, known, sources.readFile);
    place(path, text, 'environment', { merged, origins, known });
  }
  for (const [path, value] of leafEntries(sources.flags, known))
    if (value !== undefined) place(path, value, 'flag', { merged, origins, known });
  const parsed = schema.safeParse(merged);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path = issue?.path.map(String).join('.') ?? '';
    throw new FatalError(
      'invalid-setting',
      `setting ${path}${originOf(path, origins)}: ${issue?.message ?? 'invalid'}`,
    );
  }
  return { values: deepFreeze(parsed.data), origins };
}

function originOf(path: string, origins: ReadonlyMap<string, Origin>): string {
  const origin = origins.get(path);
  return origin ? ` (from the ${origin})` : '';
}

interface Placing {
  readonly merged: Tree;
  readonly origins: Map<string, Origin>;
  readonly known: ReadonlyMap<string, z.ZodType>;
}

function place(path: string, value: unknown, origin: Origin, { merged, origins, known }: Placing): void {
  const schema = known.get(path);
  if (!schema) throw unknownSetting(path, origin, [...known.keys()]);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let node = merged;
  for (const key of keys) {
    node[key] ??= {};
    node = node[key] as Tree;
  }
  node[last] = origin === 'environment' ? fromText(String(value), schema) : value;
  origins.set(path, origin);
}

function unknownSetting(key: string, origin: Origin, known: readonly string[]): FatalError {
  const nearest = known
    .map((name) => ({ name, distance: editDistance(key, name) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const hint = nearest && nearest.distance <= Math.max(3, key.length / 2) ? `; did you mean ${nearest.name}?` : '';
  return new FatalError('unknown-setting', `unknown setting ${key} in the ${origin}${hint}`);
}

function fromEnvironment(
  name: string,
  value: string,
  known: ReadonlyMap<string, z.ZodType>,
  readFile: (path: string) => string,
) {
  const direct = environmentPath(name.slice(prefix.length));
  if (known.has(direct) || !name.endsWith('_FILE')) {
    if (!known.has(direct)) throw unknownSetting(name, 'environment', [...known.keys()].map(environmentName));
    return { path: direct, text: value };
  }
  const path = environmentPath(name.slice(prefix.length, -'_FILE'.length));
  if (!known.has(path)) throw unknownSetting(name, 'environment', [...known.keys()].map(environmentName));
  return { path, text: readFile(value).replace(/\r?\n$/, '') };
}

function environmentPath(rest: string): string {
  return rest
    .split('__')
    .map((part) => part.toLowerCase().replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase()))
    .join('.');
}

function environmentName(path: string): string {
  const parts = path.split('.').map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
  return prefix + parts.join('__');
}

/** Environment values are text: what the schema does not take as text is read as JSON. */
function fromText(text: string, schema: z.ZodType): unknown {
  if (schema.safeParse(text).success) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function leavesOf(schema: z.ZodObject, path = ''): ReadonlyMap<string, z.ZodType> {
  const leaves = new Map<string, z.ZodType>();
  for (const [key, child] of Object.entries(schema.shape)) {
    const inner = unwrap(child as z.ZodType);
    const here = path ? `${path}.${key}` : key;
    if (inner instanceof z.ZodObject) for (const [name, leaf] of leavesOf(inner, here)) leaves.set(name, leaf);
    else leaves.set(here, child as z.ZodType);
  }
  return leaves;
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault)
    return unwrap(schema.def.innerType as z.ZodType);
  return schema;
}

function* leafEntries(tree: unknown, known: ReadonlyMap<string, z.ZodType>, path = ''): Generator<[string, unknown]> {
  if (tree === undefined || tree === null) return;
  if (typeof tree !== 'object' || Array.isArray(tree))
    throw new FatalError('invalid-setting', `the configuration${path ? ` at ${path}` : ''} must be an object`);
  for (const [key, value] of Object.entries(tree)) {
    const here = path ? `${path}.${key}` : key;
    const isBranch =
      !known.has(here) &&
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      [...known.keys()].some((name) => name.startsWith(`${here}.`));
    if (isBranch) yield* leafEntries(value, known, here);
    else yield [here, value];
  }
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}

/** One line for each setting: `path = value  (origin)`, in the order of the schema. Secrets are not shown. */
export function describeSettings({ values, origins }: Settings<object>): string[] {
  return [...valuesOf(values)].map(([path, value]) => {
    const isSecret = /password|secret|token|key$|databaseUrl/i.test(path) && value !== undefined;
    return `${path} = ${isSecret ? '[redacted]' : JSON.stringify(value)}  (${origins.get(path) ?? 'default'})`;
  });
}

function* valuesOf(tree: object, path = ''): Generator<[string, unknown]> {
  for (const [key, value] of Object.entries(tree)) {
    const here = path ? `${path}.${key}` : key;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) yield* valuesOf(value, here);
    else yield [here, value];
  }
}
