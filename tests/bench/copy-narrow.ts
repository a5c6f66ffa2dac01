import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool, PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** One sample as a row of its own: what a plain schema would store. */
export interface NarrowSample {
  readonly device: number;
  readonly metric: number;
  readonly atMs: number;
  readonly value: number;
}

export interface CopyTarget {
  readonly pool: Pool;
  /** Data folder of the embedded database, which takes no COPY from its client: it then reads files that lie in there. */
  readonly folder?: string;
}

export interface CopyResult {
  readonly seconds: number;
  readonly bytes: number;
}

/**
 * The baseline: the same samples as narrow rows by COPY, one durable commit a batch, into a table with the index that reading
 * one metric of one device needs.
 */
export async function copyNarrow(
  { pool, folder }: CopyTarget,
  samples: readonly NarrowSample[],
  rowsPerCommit: number,
): Promise<CopyResult> {
  const client = await pool.connect();
  try {
    await client.query('drop table if exists narrow_sample');
    await client.query(
      'create table narrow_sample (device integer not null, metric integer not null, at timestamptz not null, value double precision not null)',
    );
    await client.query('create index on narrow_sample (device, metric, at)');
    // Text is made before the clock starts, as our own frames are.
    const batches: string[] = [];
    for (let at = 0; at < samples.length; at += rowsPerCommit)
      batches.push(linesOf(samples.slice(at, at + rowsPerCommit)));
    if (folder)
      batches.forEach((batch, index) => {
        writeFileSync(join(folder, `copy-${index}.txt`), batch);
      });
    const began = performance.now();
    for (const [index, batch] of batches.entries()) {
      if (folder) await client.query(`copy narrow_sample from 'copy-${index}.txt'`);
      else await copyFromClient(client, batch);
    }
    const seconds = (performance.now() - began) / 1_000;
    const { rows } = await client.query<{ count: string; bytes: string }>(
      "select count(*) as count, pg_total_relation_size('narrow_sample') as bytes from narrow_sample",
    );
    if (Number(rows[0]?.count) !== samples.length)
      throw new Error(`COPY stored ${rows[0]?.count} of ${samples.length} rows`);
    const bytes = Number(rows[0]?.bytes);
    await client.query('drop table narrow_sample');
    if (folder) for (const index of batches.keys()) rmSync(join(folder, `copy-${index}.txt`));
    return { seconds, bytes };
  } finally {
    client.release();
  }
}

async function copyFromClient(client: PoolClient, batch: string): Promise<void> {
  const stream = client.query(copyFrom('copy narrow_sample from stdin'));
  stream.end(batch);
  await once(stream, 'finish');
}

function linesOf(samples: readonly NarrowSample[]): string {
  return samples
    .map(({ device, metric, atMs, value }) => `${device}\t${metric}\t${new Date(atMs).toISOString()}\t${value}\n`)
    .join('');
}
