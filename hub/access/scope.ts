import { type SqlBool, sql } from 'kysely';

/** The part of the organisation that a reader may see: subtrees by the path of their root, `/1/7/`. No path, nothing. */
export interface Scope {
  readonly paths: readonly string[];
}

/** Whether a unit with this path lies in the scope. */
export function inScope(scope: Scope, unitPath: string): boolean {
  return scope.paths.some((path) => unitPath.startsWith(path));
}

/** The scope narrowed to one subtree: the subtree itself, the smaller parts within it, or nothing. */
export function narrow(scope: Scope, path: string): Scope {
  if (inScope(scope, path)) return { paths: [path] };
  return { paths: scope.paths.filter((inner) => inner.startsWith(path)) };
}

/** SQL condition on a column that holds unit paths, e.g. `unit.path`. Paths are digits and slashes, so LIKE needs no escape. */
export function scopeCondition(scope: Scope, column: string) {
  if (scope.paths.length === 0) return sql<SqlBool>`false`;
  const tests = scope.paths.map((path) => sql<SqlBool>`${sql.ref(column)} like ${`${path}%`}`);
  return sql<SqlBool>`(${sql.join(tests, sql` or `)})`;
}
