import { type SqlBool, sql } from 'kysely';
import { ForbiddenError } from './error.ts';

/** One supplier's devices within a subtree. */
export interface SuppliedPart {
  readonly path: string;
  readonly supplier: number;
}

/**
 * What a reader may see. No part, nothing. Two kinds of parts, and they are not the same: in a subtree of `paths` everything is
 * seen; in one of `supplied` the devices of one supplier, and nothing else there. `inScope` and `scopeCondition` know of `paths`
 * alone, so whatever does not ask for devices (`seesDevice`, `deviceCondition`) or for names of places (`seesPlace`) stays
 * closed to a supplier without having thought of it.
 */
export interface Scope {
  /** Subtrees by the path of their root, `/1/7/`. */
  readonly paths: readonly string[];
  readonly supplied?: readonly SuppliedPart[];
}

/** What of a device decides who sees it. */
export interface PlacedSupply {
  readonly unitPath: string;
  readonly supplierId?: number | undefined;
}

/** Whether everything in a unit with this path is seen. */
export function inScope(scope: Scope, unitPath: string): boolean {
  return scope.paths.some((path) => unitPath.startsWith(path));
}

export function seesDevice(scope: Scope, { unitPath, supplierId }: PlacedSupply): boolean {
  if (inScope(scope, unitPath)) return true;
  if (supplierId === undefined || !scope.supplied) return false;
  return scope.supplied.some(({ path, supplier }) => supplier === supplierId && unitPath.startsWith(path));
}

/** Whether the name and the kind of a unit may be told, and no more of it. */
export function seesPlace(scope: Scope, unitPath: string): boolean {
  return inScope(scope, unitPath) || (scope.supplied ?? []).some(({ path }) => unitPath.startsWith(path));
}

/** Throws ForbiddenError for whoever is not answerable for the whole province: the root alone has a path of one id. */
export function requireProvince({ paths }: Scope): void {
  if (paths.some((path) => /^\/(\d+\/)?$/.test(path))) return;
  throw new ForbiddenError('This concerns every school of the province; ask somebody who is answerable for all of it.');
}

export function isNothing(scope: Scope): boolean {
  return scope.paths.length === 0 && (scope.supplied ?? []).length === 0;
}

/** The scope narrowed to one subtree: the subtree itself, the smaller parts within it, or nothing. */
export function narrow(scope: Scope, path: string): Scope {
  if (inScope(scope, path)) return { paths: [path] };
  const paths = scope.paths.filter((inner) => inner.startsWith(path));
  const supplied = (scope.supplied ?? []).flatMap((part) => {
    if (path.startsWith(part.path)) return [{ ...part, path }];
    return part.path.startsWith(path) ? [part] : [];
  });
  return supplied.length === 0 ? { paths } : { paths, supplied };
}

/** SQL condition on a column that holds unit paths, e.g. `unit.path`. Paths are digits and slashes, so LIKE needs no escape. */
export function scopeCondition(scope: Scope, column: string) {
  return anyOf(scope.paths.map((path) => within(column, path)));
}

/** As `scopeCondition`, of rows that are devices or about one: `supplierColumn` is e.g. `device.supplier_id`. */
export function deviceCondition(scope: Scope, pathColumn: string, supplierColumn: string) {
  return anyOf([
    ...scope.paths.map((path) => within(pathColumn, path)),
    ...(scope.supplied ?? []).map(
      ({ path, supplier }) => sql<SqlBool>`(${sql.ref(supplierColumn)} = ${supplier} and ${within(pathColumn, path)})`,
    ),
  ]);
}

function within(column: string, path: string) {
  return sql<SqlBool>`${sql.ref(column)} like ${`${path}%`}`;
}

function anyOf(tests: readonly ReturnType<typeof within>[]) {
  return tests.length === 0 ? sql<SqlBool>`false` : sql<SqlBool>`(${sql.join(tests, sql` or `)})`;
}
