import type { Queries } from '../store/index.ts';

/** Numbers of metric keys, as rows carry them. The same on every hub of a database. */
export interface MetricDictionary {
  /** Numbers of these keys; new keys get one. */
  ensure(queries: Queries, keys: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Undefined for a key that no row carries. */
  find(queries: Queries, key: string): Promise<number | undefined>;
  /** The keys of these numbers. */
  keysOf(queries: Queries): Promise<ReadonlyMap<number, string>>;
}

export function createDictionary(): MetricDictionary {
  const numbers = new Map<string, number>();
  const read = async (queries: Queries, keys: readonly string[]) => {
    const missing = keys.filter((key) => !numbers.has(key));
    if (missing.length === 0) return;
    const rows = await queries.selectFrom('metric').selectAll().where('key', 'in', missing).execute();
    for (const row of rows) numbers.set(row.key, row.id);
  };
  return {
    ensure: async (queries, keys) => {
      await read(queries, keys);
      const missing = keys.filter((key) => !numbers.has(key));
      if (missing.length > 0) {
        await queries
          .insertInto('metric')
          .values(missing.map((key) => ({ key })))
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        await read(queries, missing);
      }
      return numbers;
    },
    find: async (queries, key) => {
      await read(queries, [key]);
      return numbers.get(key);
    },
    keysOf: async (queries) => {
      const rows = await queries.selectFrom('metric').selectAll().execute();
      for (const row of rows) numbers.set(row.key, row.id);
      return new Map(rows.map((row) => [row.id, row.key]));
    },
  };
}
