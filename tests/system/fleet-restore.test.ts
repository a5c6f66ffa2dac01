import { cp, rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { agentSchema, agentsPage } from '../../protocols/api/agents.ts';
import { devicesPage } from '../../protocols/api/devices.ts';
import { until } from '../support/api.ts';
import { startLiveSchool } from '../support/live-school.ts';

describe('a hub that is restored from a backup', () => {
  it('is obeyed by an agent that holds newer wishes, and counts what the backup never had', async () => {
    await using live = await startLiveSchool({ each: 0 });
    const agent = async () => {
      const [row] = (await live.api.get('/api/v1/agents', agentsPage)).rows;
      return live.api.get(`/api/v1/agents/${row?.id}`, agentSchema);
    };
    const throughOf = async () => new Map((await agent()).streams?.map(({ lane, through }) => [lane, through]));
    const device = async () => (await live.api.get('/api/v1/devices', devicesPage)).rows[0];
    const rename = async (name: string) => {
      const { status } = await live.api.raw('PATCH', `/api/v1/devices/${(await device())?.id}`, { name });
      expect(status).toBe(200);
    };
    const holds = (generation: number) =>
      until(`the agent holds generation ${generation}`, 90_000, async () => {
        const { generation: now } = await agent();
        return now.held === generation && now.desired === generation;
      });
    await holds(1);
    const name = (await device())?.name;
    await live.hub.stop();
    const backup = `${live.folders.hub}.backup`;
    await cp(live.folders.hub, backup, { recursive: true });

    await live.startHubAgain();
    const atBackup = await throughOf();
    await rename('Tên thứ hai');
    await rename('Tên thứ ba');
    await holds(3);
    const lost = await until('records that the backup does not have', 90_000, async () => {
      const now = await throughOf();
      return [...now].some(([lane, through]) => through > (atBackup.get(lane) ?? 0)) && now;
    });
    await live.hub.stop();
    await rm(live.folders.hub, { recursive: true });
    await cp(backup, live.folders.hub, { recursive: true });
    await live.startHubAgain();

    // Above what the agent holds, or it would keep the lost name for ever.
    await holds(4);
    expect(await device()).toMatchObject({ name, health: { state: 'ok' } });
    const { streams = [] } = await agent();
    for (const { lane, through, delivered, shed, missing } of streams) {
      expect(delivered + shed + missing).toBe(through);
      // The agent let go of them when they were acknowledged: they are gone, and the account says so.
      expect(missing).toBeGreaterThanOrEqual((lost.get(lane) ?? 0) - (atBackup.get(lane) ?? 0));
    }
    expect(live.hub.log.some((line) => line.includes('wishes that this database has lost'))).toBe(true);
  });
});
