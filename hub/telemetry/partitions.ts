import { sql } from 'kysely';
import { afterCommit, type Store, type Trx } from '../store/index.ts';
import { dayMs, type Layer, type LayerName, layers, partitionNamed, partitionOf, type Retention } from './layer.ts';

/** Makes partitions when the first row of their time comes, and drops those that are old enough. */
export interface Partitions {
  /** Sees to it that these moments of a layer have a place. */
  ensure(trx: Trx, layer: Layer, moments: Iterable<number>): Promise<void>;
  /** Drops what is wholly older than its retention. Returns the names. */
  drop(retention: Retention, nowMs: number): Promise<string[]>;
}

export function createPartitions(store: Store): Partitions {
  const known = new Set<string>();
  return {
    ensure: async (trx, layer, moments) => {
      const wanted = new Map([...moments].map((at) => partitionOf(layer, at)).map((one) => [one.name, one]));
      for (const partition of wanted.values()) {
        if (known.has(partition.name)) continue;
        await sql`create table if not exists ${sql.table(partition.name)} partition of ${sql.table(layer.table)}
          for values from (${sql.lit(isoOf(partition.from))}) to (${sql.lit(isoOf(partition.to))})`.execute(trx);
        afterCommit(trx, () => known.add(partition.name));
      }
    },
    drop: async (retention, nowMs) => {
      const dropped: string[] = [];
      for (const name of Object.keys(layers) as LayerName[]) {
        const layer = layers[name];
        for (const table of await partitionsOf(store, layer)) {
          const partition = partitionNamed(layer, table);
          if (!partition || partition.to > nowMs - retention[name] * dayMs) continue;
          await sql`drop table if exists ${sql.table(table)}`.execute(store.db);
          known.delete(table);
          dropped.push(table);
        }
      }
      return dropped;
    },
  };
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}

async function partitionsOf(store: Store, layer: Layer): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${layer.table}::regclass order by 1`.execute(store.db);
  return rows.map(({ name }) => name);
}
