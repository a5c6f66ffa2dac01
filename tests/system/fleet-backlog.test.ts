import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentSchema, agentsPage } from '../../protocols/api/agents.ts';
import { devicesPage } from '../../protocols/api/devices.ts';
import { endOf, queueCommand, until } from '../support/api.ts';
import { startChild } from '../support/child.ts';
import { checkFleet, type FleetAccount } from '../support/fleet-checker.ts';
import { startLiveSchool } from '../support/live-school.ts';
import type { LoadOptions } from '../support/load.ts';
import { readJournal } from '../support/outbox-checker.ts';

/** An hour of 100 devices with a record every two seconds each; the outbox takes them as fast as it can. */
const hourOfRecords = 180_000;
const stepMs = 3_600_000 / hourOfRecords;

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
    await using load = startChild('tests/support/loaded-agent.ts', [
      JSON.stringify({
        dataDir: live.folders.agent,
        journal,
        device,
        firstMark: 0,
        baseMs,
        stepMs,
        urgentEvery: 100,
        pauseMs: 0,
      } satisfies LoadOptions),
    ]);
    await load.line((line) => (line === 'ready' ? line : undefined), 30_000);
    const made = () => readJournal(journal).length;
    await until('a first tenth', 120_000, async () => made() > hourOfRecords / 10);
    const early = residentMebibytes(load.pid);
    await until('an hour of records', 240_000, async () => made() > hourOfRecords);
    const late = residentMebibytes(load.pid);

    await live.startHubAgain();
    // Ten commands, one after the other, while the agent goes on making records and the backlog drains.
    const command = async () => endOf(live.api, await queueCommand(live.api, device, 60), 60_000);
    const backlog = async () => {
      const { streams = [] } = await live.api.get(`/api/v1/agents/${agentId}`, agentSchema);
      return made() - streams.reduce((sum, { through }) => sum + through, 0);
    };
    expect(await command()).toBe('succeeded');
    const atFirst = await backlog();
    const waits: number[] = [];
    for (let n = 0; n < 10; n++) {
      const began = Date.now();
      expect(await command()).toBe('succeeded');
      waits.push(Date.now() - began);
    }
    const atLast = await backlog();
    const draining = residentMebibytes(load.pid);
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
      `${entries.length} records, RSS of the agent ${early.toFixed(0)} -> ${late.toFixed(0)} -> ${draining.toFixed(0)} MiB, backlog ${atFirst} -> ${atLast} while commands took ${waits.sort((a, b) => a - b).join(' ')} ms`,
    );
    expect(findings).toMatchObject({ lost: [], double: [], wrong: [] });
    expect(late - early).toBeLessThan(64);
    expect(draining - early).toBeLessThan(128);
    expect(atFirst).toBeGreaterThan(hourOfRecords / 10);
    expect(waits[5]).toBeLessThan(5_000);
  });
});
