import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentsPage } from '../../protocols/api/agents.ts';
import { deviceSchema } from '../../protocols/api/devices.ts';
import { commandSchema } from '../../protocols/api/operation/commands.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { type Api, until } from '../support/api.ts';
import { type Child, startChild } from '../support/child.ts';
import { startLiveSchool } from '../support/live-school.ts';

/** kill -9 of either side; more by `EDUFLEET_COMMAND_KILLS`. */
const kills = Number(process.env['EDUFLEET_COMMAND_KILLS'] ?? 6);
const devices = 6;
const perLife = 8;

interface Wish {
  readonly id: string;
  readonly device: string;
  readonly isOnce: boolean;
}

/** Gives it until the hub has it: the same id again is the same command, whoever died over the answer. */
async function give(api: Api, { id, device, isOnce }: Wish): Promise<void> {
  const body = isOnce
    ? { id, capability: 'power', name: 'reboot', expiresInSeconds: 3_600 }
    : { id, capability: 'volume', name: 'set', args: { level: 30 }, expiresInSeconds: 3_600 };
  await until(`command ${id} is taken`, 60_000, async () => {
    const { status, text } = await api.raw('POST', `/api/v1/devices/${device}/commands`, body);
    if (status >= 400 && status < 500 && status !== 429) throw new Error(`${status} ${text}`);
    return status === 201;
  });
}

async function killAtRandom() {
  await using live = await startLiveSchool({ each: 0 });
  // An agent whose devices write down what they did takes the place of the one that was enrolled.
  await live.agent.stop();
  const file = join(live.folders.agent, 'executed');
  const startAgent = () => startChild('tests/support/commanded-agent.ts', [live.folders.agent, file]);
  let agent: Child = startAgent();
  await using _ = { [Symbol.asyncDispose]: () => agent.kill() };
  const { api } = live;
  const [known] = (await api.get('/api/v1/agents', agentsPage)).rows;
  const targets: string[] = [];
  for (let n = 0; n < devices; n++) {
    const body = { agent: known?.id, family: 'scripted', name: `Máy ${n}`, address: { host: '127.0.0.1' } };
    const made = await until('the family is known', 60_000, () => api.post('/api/v1/devices', body, deviceSchema));
    targets.push(made.id);
  }
  for (const device of targets)
    await until('the device says what it can', 60_000, async () => {
      return 'power' in (await api.get(`/api/v1/devices/${device}`, deviceSchema)).commands;
    });

  const wishes: Wish[] = [];
  const dead = { hub: 0, agent: 0 };
  for (let kill = 0; kill < kills; kill++) {
    const begun = wishes.length;
    for (let n = 0; n < perLife; n++) {
      const index = wishes.length;
      const device = targets[index % devices] ?? '';
      wishes.push({ id: `kill-${String(index).padStart(12, '0')}`, device, isOnce: index % 4 !== 0 });
    }
    const given = Promise.all(wishes.slice(begun).map((wish) => give(api, wish)));
    await systemClock.wait(Math.random() * 400);
    const victim = kill % 2 === 0 ? 'agent' : 'hub';
    dead[victim]++;
    if (victim === 'hub') {
      await live.hub.kill();
      await live.startHubAgain();
    } else {
      await agent.kill();
      agent = startAgent();
    }
    await given;
    // One is taken back, in time or too late: it too ends in a true state.
    await api.raw('POST', `/api/v1/commands/${wishes.at(-1)?.id}/cancel`, {});
  }
  const open = new Set(['awaiting-approval', 'queued', 'sent', 'received', 'running']);
  const ends = new Map<string, string>();
  for (const { id } of wishes)
    await until(`the end of ${id}`, 90_000, async () => {
      const { state } = await api.get(`/api/v1/commands/${id}`, commandSchema);
      ends.set(id, state);
      return !open.has(state);
    });
  const executed = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  return { wishes, ends, executed, dead };
}

describe('hub and agent killed while commands are on the way', () => {
  it(`ends every command in a true state, and carries out none twice that must not be (${kills} kills)`, {
    timeout: 120_000 + kills * 30_000,
  }, async () => {
    const { wishes, ends, executed, dead } = await killAtRandom();
    const times = (id: string) => executed.filter((one) => one === id).length;
    const counts = Object.fromEntries(
      [...new Set(ends.values())].map((state) => [state, [...ends.values()].filter((one) => one === state).length]),
    );
    console.log(
      `kills ${JSON.stringify(dead)}, commands ${wishes.length}, ends ${JSON.stringify(counts)}, executed ${executed.length}`,
    );
    expect(ends.size).toBe(kills * perLife);
    for (const { id, isOnce } of wishes) {
      const state = ends.get(id) ?? '';
      if (isOnce) expect(times(id), `${id} ${state}`).toBeLessThanOrEqual(1);
      if (state === 'succeeded') expect(times(id), id).toBeGreaterThanOrEqual(1);
      if (state === 'cancelled' || state === 'expired') expect(times(id), id).toBe(0);
    }
    expect(counts['succeeded'] ?? 0).toBeGreaterThan(kills);
    expect(new Set(ends.values()).difference(new Set(['succeeded', 'unknown', 'cancelled']))).toEqual(new Set());
  });
});
