import { describe, it } from 'vitest';
import { agentsPage } from '../../protocols/api/agents.ts';
import { causesPage } from '../../protocols/api/causes.ts';
import { devicesPage } from '../../protocols/api/devices.ts';
import { until } from '../support/api.ts';
import { type LiveSchool, startLiveSchool } from '../support/live-school.ts';

/** Health of every device by name, with the moment since when. */
type Verdicts = Readonly<Record<string, { readonly state: string; readonly since: string }>>;

/** What a person sees of a school. */
function watch({ api }: LiveSchool) {
  const verdicts = async (): Promise<Verdicts> => {
    const { rows } = await api.get('/api/v1/devices?limit=100', devicesPage);
    return Object.fromEntries(rows.map(({ name, health }) => [name, { state: health.state, since: health.since }]));
  };
  return {
    verdicts,
    causes: async (state: 'open' | 'resolved') =>
      (await api.get(`/api/v1/causes?state=${state}&limit=50`, causesPage)).rows,
    untilAll: (wanted: string, timeoutMs: number) =>
      until(`everything is ${wanted}`, timeoutMs, async () => {
        const all = await verdicts();
        return Object.values(all).every(({ state }) => state === wanted) && all;
      }),
    connectedAfter: (moment: number) =>
      until('the agent is connected again', 60_000, async () => {
        const [agent] = (await api.get('/api/v1/agents', agentsPage)).rows;
        return agent?.connectedAt !== undefined && Date.parse(agent.connectedAt) > moment;
      }),
  };
}

// Nearly all of it is waiting for 90 s to pass, so two schools of their own wait at the same time.
describe.concurrent('reachability of a living school', { timeout: 400_000 }, () => {
  it('flips nobody when the hub is killed and comes back, nor when it is stopped and started', async ({ expect }) => {
    await using live = await startLiveSchool({ each: 2, place: 0 });
    const { verdicts, causes, untilAll, connectedAfter } = watch(live);
    const before = await untilAll('ok', 90_000);
    expect(Object.keys(before)).toHaveLength(5);
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
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
    expect(await causes('open')).toEqual([]);
    expect(await causes('resolved')).toEqual([]);
    await connectedAfter(stoppedAt);
  });

  it('tells a pulled device, a confused one and a silent agent, each by one cause, and that they came back', async ({
    expect,
  }) => {
    await using live = await startLiveSchool({ each: 2, place: 1 });
    const { verdicts, causes, untilAll } = watch(live);
    await untilAll('ok', 90_000);
    const [camera] = live.school.cameras;
    const [projector] = live.school.projectors;
    const pulledAt = Date.now();
    // One leaves the network, one begins to speak nonsense; the other three must not mind.
    await camera?.setFault('reboot');
    await projector?.setFault('garbage');
    const causeOf = async (device: string) => (await causes('open')).find((cause) => cause.device?.name === device);
    const pull = await until('the cause of the pulled camera', 90_000, () => causeOf('Camera Phòng 1'));
    const noticedMs = Date.now() - pulledAt;
    const nonsense = await until('the cause of the projector', 90_000, () => causeOf('Máy chiếu Phòng 1'));
    expect(pull).toMatchObject({ kind: 'device-unreachable', affected: 1 });
    expect(nonsense.evidence.join()).not.toBe('');
    const found = await verdicts();
    expect(found['Camera Phòng 1']?.state).toBe('unreachable');
    expect(Object.values(found).filter(({ state }) => state === 'ok')).toHaveLength(3);
    // Since about then: the clocks of agent and hub are of this machine.
    const sinceMs = Date.parse(found['Camera Phòng 1']?.since ?? '') - pulledAt;
    expect(sinceMs).toBeGreaterThan(-5_000);
    expect(sinceMs).toBeLessThan(noticedMs + 1_000);
    await camera?.setFault(undefined);
    await projector?.setFault(undefined);
    await untilAll('ok', 90_000);
    const resolved = (await causes('resolved')).find(({ id }) => id === pull.id);
    const lastedMs = Date.parse(resolved?.resolvedAt ?? '') - Date.parse(resolved?.openedAt ?? '');
    expect(lastedMs).toBeGreaterThan(0);
    expect(await causes('open')).toEqual([]);

    await live.agent.kill();
    const killedAt = Date.now();
    await untilAll('unknown', 120_000);
    const silentMs = Date.now() - killedAt;
    // 90 s of silence, counted from the last sign of life, and one tick of 5 s.
    expect(silentMs).toBeLessThan(100_000);
    const open = await causes('open');
    expect(open).toHaveLength(1);
    expect(open[0]).toMatchObject({ kind: 'agent-silent', affected: 5 });
    live.startAgentAgain();
    await untilAll('ok', 120_000);
    await until('the cause is resolved', 30_000, async () => (await causes('open')).length === 0);
    const silence = (await causes('resolved')).find(({ id }) => id === open[0]?.id);
    expect(Date.parse(silence?.resolvedAt ?? '')).toBeGreaterThan(Date.parse(silence?.openedAt ?? ''));
    console.log(
      `pulled device told after ${noticedMs} ms (${nonsense.code} for the other), resolved after ${lastedMs} ms; silent agent told after ${silentMs} ms`,
    );
  });
});
