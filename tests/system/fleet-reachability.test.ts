import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentsPage } from '../../protocols/api/agents.ts';
import { causesPage } from '../../protocols/api/causes.ts';
import { devicesPage } from '../../protocols/api/devices.ts';
import { until } from '../support/api.ts';
import { type LiveSchool, startLiveSchool } from '../support/live-school.ts';

/** Health of every device by name, with the moment since when. */
type Verdicts = Readonly<Record<string, { readonly state: string; readonly since: string }>>;

describe('reachability of a living school', () => {
  let live: LiveSchool;

  const verdicts = async (): Promise<Verdicts> => {
    const { rows } = await live.api.get('/api/v1/devices?limit=100', devicesPage);
    return Object.fromEntries(rows.map(({ name, health }) => [name, { state: health.state, since: health.since }]));
  };
  const causes = async (state: 'open' | 'resolved') =>
    (await live.api.get(`/api/v1/causes?state=${state}&limit=50`, causesPage)).rows;
  const untilAll = (what: string, timeoutMs: number, wanted: (state: string) => boolean) =>
    until(what, timeoutMs, async () => {
      const all = await verdicts();
      return Object.values(all).every(({ state }) => wanted(state)) && all;
    });

  const connectedAfter = (moment: number) =>
    until('the agent is connected again', 60_000, async () => {
      const [agent] = (await live.api.get('/api/v1/agents', agentsPage)).rows;
      return agent?.connectedAt !== undefined && Date.parse(agent.connectedAt) > moment;
    });

  beforeAll(async () => {
    live = await startLiveSchool({ each: 2 });
    await untilAll('everything is well', 90_000, (state) => state === 'ok');
  });
  afterAll(() => live?.[Symbol.asyncDispose]());

  it('flips nobody when the hub is killed and comes back, nor when it is stopped and started', async () => {
    const before = await verdicts();
    const killedAt = Date.now();
    await live.hub.kill();
    await live.startHubAgain();
    expect(await verdicts()).toEqual(before);
    // Both ways of ending meet a living session.
    await connectedAfter(killedAt);
    const stoppedAt = Date.now();
    expect(await live.hub.stop(30_000)).toBe(0);
    await live.startHubAgain();
    // Longer than it takes to call an agent silent.
    const end = Date.now() + 100_000;
    while (Date.now() < end) {
      expect(await verdicts()).toEqual(before);
      await new Promise((resolve) => setTimeout(resolve, 5_000));
    }
    expect(await causes('open')).toEqual([]);
    expect(await causes('resolved')).toEqual([]);
    await connectedAfter(stoppedAt);
  });

  it('tells a pulled device with its age and cause, and that it came back', async () => {
    const camera = live.school.cameras[0];
    const pulledAt = Date.now();
    await camera?.setFault('reboot');
    const [cause] = await until('the cause of the pulled camera', 90_000, async () => {
      const open = await causes('open');
      return open.length > 0 && open;
    });
    expect(cause).toMatchObject({ kind: 'device-unreachable', affected: 1, device: { name: 'Camera Phòng 1' } });
    const pulled = (await verdicts())['Camera Phòng 1'];
    expect(pulled?.state).toBe('unreachable');
    // Since its last answer, give or take one probe.
    const sinceMs = Date.parse(pulled?.since ?? '') - pulledAt;
    expect(sinceMs).toBeGreaterThan(-5_000);
    expect(sinceMs).toBeLessThan(90_000);
    expect(Object.values(await verdicts()).filter(({ state }) => state !== 'ok')).toHaveLength(1);
    await camera?.setFault(undefined);
    await untilAll('the camera is back', 90_000, (state) => state === 'ok');
    const resolved = (await causes('resolved')).find(({ id }) => id === cause?.id);
    expect(Date.parse(resolved?.resolvedAt ?? '') - Date.parse(resolved?.openedAt ?? '')).toBeGreaterThan(0);
    expect(await causes('open')).toEqual([]);
  });

  it('puts all devices of a silent agent under one cause within 90 seconds, and lets them return', async () => {
    const total = Object.keys(await verdicts()).length;
    await live.agent.kill();
    const killedAt = Date.now();
    await untilAll('all devices are unknown', 120_000, (state) => state === 'unknown');
    // 90 s of silence, counted from the last sign of life, and one tick of 5 s.
    expect(Date.now() - killedAt).toBeLessThan(100_000);
    const open = await causes('open');
    expect(open).toHaveLength(1);
    expect(open[0]).toMatchObject({ kind: 'agent-silent', affected: total });
    live.startAgentAgain();
    await untilAll('all devices are back', 120_000, (state) => state === 'ok');
    await until('the cause is resolved', 30_000, async () => (await causes('open')).length === 0);
  });
});
