import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentsPage } from '../../protocols/api/agents.ts';
import { commandSchema } from '../../protocols/api/commands.ts';
import { devicesPage } from '../../protocols/api/devices.ts';
import { until } from '../support/api.ts';
import { startChild } from '../support/child.ts';
import { checkFleet, type FleetAccount } from '../support/fleet-checker.ts';
import { startLiveSchool } from '../support/live-school.ts';
import { readJournal } from '../support/outbox-checker.ts';

/** An hour of 100 devices with a record every two seconds is 180,000 records; they are made as fast as the outbox takes them. */
const hourOfRecords = 180_000;

function residentMebibytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

describe('a hub that is away for an hour', () => {
  it('loses nothing, keeps the agent small, and takes commands while the backlog drains', {
    timeout: 400_000,
  }, async () => {
    await using live = await startLiveSchool({ each: 0 });
    const device = await until('the machine describes itself', 60_000, async () => {
      const [row] = (await live.api.get('/api/v1/devices?capability=reachability', devicesPage)).rows;
      return row?.id;
    });
    const agentId = (await live.api.get('/api/v1/agents', agentsPage)).rows[0]?.id ?? '';
    await live.agent.stop();
    await live.hub.kill();

    const folder = await mkdtemp(join(tmpdir(), 'edufleet-journal-'));
    const journal = join(folder, 'journal');
    const baseMs = Date.now() - 3_600_000;
    const load = startChild('tests/support/loaded-agent.ts', [
      JSON.stringify({ dataDir: live.folders.agent, journal, device, firstMark: 0, baseMs, pauseMs: 0 }),
    ]);
    await load.line((line) => (line === 'ready' ? line : undefined), 30_000);
    const made = () => readJournal(journal).length;
    await until('a first tenth', 120_000, async () => made() > hourOfRecords / 10);
    const early = residentMebibytes(load.pid);
    await until('an hour of records', 240_000, async () => made() > hourOfRecords);
    const late = residentMebibytes(load.pid);

    await live.startHubAgain();
    // Ten commands, one after the other, while the agent goes on making records and the backlog drains.
    const waits: number[] = [];
    await until('the session is back', 60_000, async () => (await command(live, device)) === 'succeeded');
    for (let n = 0; n < 10; n++) {
      const began = Date.now();
      await until('the command', 30_000, async () => (await command(live, device)) === 'succeeded');
      waits.push(Date.now() - began);
    }
    load.terminate();
    const account = await load.line(
      (line) => (line.startsWith('{') ? (JSON.parse(line) as FleetAccount) : undefined),
      240_000,
    );
    await load.exited;
    await live.hub.stop();
    const entries = readJournal(journal);
    const findings = await checkFleet(entries, account, {
      dataDir: live.folders.hub,
      databaseUrl: undefined,
      agentId,
      device,
      baseMs,
    });
    await rm(folder, { recursive: true });
    console.log(
      `${entries.length} records, RSS ${early.toFixed(0)} -> ${late.toFixed(0)} MiB, commands took ${waits.sort((a, b) => a - b).join(' ')} ms`,
    );
    expect(findings).toMatchObject({ lost: [], double: [], wrong: [] });
    expect(late - early).toBeLessThan(64);
  });
});

/** Asks for a probe and waits for its end. */
async function command(live: Awaited<ReturnType<typeof startLiveSchool>>, device: string): Promise<string> {
  const made = await live.api.post(
    `/api/v1/devices/${device}/commands`,
    { capability: 'reachability', name: 'probe', expiresInSeconds: 20 },
    commandSchema,
  );
  const settled = await until('the end of the command', 25_000, async () => {
    const now = await live.api.get(`/api/v1/commands/${made.id}`, commandSchema);
    return !['queued', 'sent', 'received', 'running'].includes(now.state) && now;
  });
  return settled.state;
}
