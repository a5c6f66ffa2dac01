import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentsPage } from '../../protocols/api/agents.ts';
import { devicesPage } from '../../protocols/api/devices.ts';
import { endOf, queueCommand, until } from '../support/api.ts';
import { startChild } from '../support/child.ts';
import { checkFleet, type FleetAccount } from '../support/fleet-checker.ts';
import { startLiveSchool } from '../support/live-school.ts';
import type { LoadOptions } from '../support/load.ts';
import { readJournal } from '../support/outbox-checker.ts';
import { postgresPrograms, startPostgres } from '../support/postgres.ts';

/** A seeded choice: which side dies next, and how long both may work before. */
function* fate(seed: number): Generator<{ readonly victim: 'hub' | 'agent' | 'both'; readonly afterMs: number }> {
  let state = seed >>> 0;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
  for (;;) yield { victim: (['hub', 'agent', 'both'] as const)[next(3)] ?? 'both', afterMs: 100 + next(900) };
}

async function killAtRandom(kills: number, seed: number, databaseUrl?: string) {
  await using live = await startLiveSchool({ each: 0, ...(databaseUrl ? { databaseUrl } : {}) });
  const device = await until('the machine describes itself', 60_000, async () => {
    const [row] = (await live.api.get('/api/v1/devices?capability=reachability', devicesPage)).rows;
    return row?.id;
  });
  // The load takes the place of the agent that was enrolled: same identity, same outbox.
  await live.agent.stop();
  const agentId = (await live.api.get('/api/v1/agents', agentsPage)).rows[0]?.id ?? '';
  const folder = await mkdtemp(join(tmpdir(), 'edufleet-journal-'));
  const journal = join(folder, 'journal');
  const baseMs = Date.now() - 3_600_000;
  let lives = 0;
  const startLoad = async () => {
    const options: LoadOptions = {
      dataDir: live.folders.agent,
      journal,
      device,
      firstMark: lives++ * 200_000,
      baseMs,
      stepMs: 1,
      urgentEvery: 3,
      pauseMs: 2,
    };
    const child = startChild('tests/support/loaded-agent.ts', [JSON.stringify(options)]);
    await child.line((line) => (line === 'ready' ? line : undefined), 30_000);
    return child;
  };
  let load = await startLoad();
  // Also when an expectation fails: its load would never end by itself.
  await using _ = { [Symbol.asyncDispose]: () => load.kill() };
  const dead = { hub: 0, agent: 0, both: 0 };
  const commands: string[] = [];
  const fates = fate(seed);
  for (let kill = 0; kill < kills; kill++) {
    const { victim, afterMs } = fates.next().value as { readonly victim: keyof typeof dead; readonly afterMs: number };
    commands.push(await queueCommand(live.api, device, 3_600));
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    dead[victim]++;
    if (victim !== 'agent') await live.hub.kill();
    if (victim !== 'hub') {
      await load.kill();
      load = await startLoad();
    }
    if (victim !== 'agent') await live.startHubAgain();
  }
  // A command that the hub took comes to its end, whoever died between its wish and its result.
  const ends = await Promise.all(commands.map((command) => endOf(live.api, command, 60_000)));
  load.terminate();
  const account = await load.line(
    (line) => (line.startsWith('{') ? (JSON.parse(line) as FleetAccount) : undefined),
    60_000,
  );
  await load.exited;
  await live.hub.stop();
  const entries = readJournal(journal);
  const findings = await checkFleet(entries, account, {
    dataDir: live.folders.hub,
    databaseUrl,
    agentId,
    device,
    baseMs,
  });
  const bytes = readFileSync(journal).length;
  await rm(folder, { recursive: true });
  console.log(
    `kills ${JSON.stringify(dead)}, ${commands.length} commands, promised ${entries.length} records (journal ${bytes} B), stored ${JSON.stringify(findings.stored)}, lost ${findings.lost.length}, double ${findings.double.length}`,
  );
  return { entries, findings, ends: new Set(ends) };
}

describe('hub and agent killed at random under load', () => {
  it('stores each record that the outbox accepted exactly once (embedded database, 30 kills)', {
    timeout: 400_000,
  }, async () => {
    const { entries, findings, ends } = await killAtRandom(30, 20_261_124);
    expect(entries.length).toBeGreaterThan(3_000);
    expect(findings).toMatchObject({ lost: [], double: [], wrong: [] });
    expect(ends).toEqual(new Set(['succeeded']));
  });

  it.skipIf(!postgresPrograms() && !process.env['CI'])(
    'does so on PostgreSQL (8 kills)',
    { timeout: 240_000 },
    async () => {
      await using server = await startPostgres();
      const { entries, findings, ends } = await killAtRandom(8, 7, await server.createDatabase('edufleet'));
      expect(entries.length).toBeGreaterThan(500);
      expect(findings).toMatchObject({ lost: [], double: [], wrong: [] });
      expect(ends).toEqual(new Set(['succeeded']));
    },
  );
});
