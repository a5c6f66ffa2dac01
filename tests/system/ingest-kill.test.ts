import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { startChild } from '../support/child.ts';
import { postgresPrograms, startPostgres } from '../support/postgres.ts';
import { temporaryFolder } from '../support/store.ts';

const kills = 15;
const program = 'tests/support/ingest-child.ts';

/** Kills the hub's store and ingest under load again and again, and then counts what the database holds. */
async function killAndCount(settings: { readonly databaseUrl?: string; readonly dataDir: string }): Promise<void> {
  const baseMs = Date.now() - 3_600_000;
  const acknowledged = new Map<string, number>();
  for (let round = 0; round < kills; round++) {
    const child = startChild(program, [JSON.stringify({ mode: 'load', baseMs, ...settings })]);
    let answers = 0;
    // Somewhere within the work: after so many answers, at whatever the next ones are at.
    const enough = 20 + Math.floor(Math.random() * 400);
    await child.line((line) => {
      const [word = '', agent = '', lane = '', through = ''] = line.split(' ');
      const stream = `${agent} ${lane}`;
      if (word === 'start') expect(Number(through)).toBeGreaterThanOrEqual(acknowledged.get(stream) ?? 0);
      if (word !== 'ack') return undefined;
      acknowledged.set(stream, Math.max(acknowledged.get(stream) ?? 0, Number(through)));
      return ++answers >= enough ? true : undefined;
    }, 60_000);
    await child.kill();
  }
  const child = startChild(program, [JSON.stringify({ mode: 'verify', baseMs, ...settings })]);
  const found = new Map<string, string[]>();
  const quarantined = await child.line((line) => {
    const [word = '', agent = '', lane = '', ...rest] = line.split(' ');
    if (word === 'found' || word === 'stream') found.set(`${word} ${agent} ${lane}`, rest);
    return word === 'done' ? Number(agent) : undefined;
  }, 60_000);
  expect(await child.exited).toBe(0);
  expect(quarantined).toBe(0);
  expect(acknowledged.size).toBe(8);
  for (const [stream, through] of acknowledged) {
    const [stored = '', delivered = ''] = found.get(`stream ${stream}`) ?? [];
    expect(Number(stored)).toBeGreaterThanOrEqual(through);
    expect(delivered).toBe(stored);
    const numbers = found.get(`found ${stream}`) ?? [];
    // Each number once: as events, or as samples and in their roll-ups.
    expect(numbers[0]).toBe(`1..${stored}`);
    if (stream.endsWith('samples')) expect(numbers[1]).toBe(stored);
  }
}

describe('ingest under kill -9', () => {
  it('loses nothing that it acknowledged and stores nothing twice, in the embedded database', {
    timeout: 600_000,
  }, async () => {
    using folder = temporaryFolder();
    await killAndCount({ dataDir: folder.path });
  });

  const skipped = !postgresPrograms() && !process.env['CI'];
  it.skipIf(skipped)('the same in PostgreSQL', { timeout: 600_000 }, async () => {
    await using server = await startPostgres();
    await killAndCount({ databaseUrl: await server.createDatabase('edufleet'), dataDir: tmpdir() });
  });
});
