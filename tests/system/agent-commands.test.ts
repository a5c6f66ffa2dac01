import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { capabilities } from '../../protocols/fleet/capabilities/index.ts';
import type { Command } from '../../protocols/fleet/messages.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { startChild } from '../support/child.ts';
import { desiredDevice } from '../support/scripted-driver.ts';
import { startStandInHub } from '../support/stand-in-hub.ts';
import { enrolIntoFolder, until } from '../support/test-agent.ts';

const kills = 12;
const reboot = (id: string): Command => ({
  id,
  device: 'd1',
  capability: 'power',
  name: 'reboot',
  args: {},
  notAfter: Date.now() + 600_000,
  issuedAt: Date.now(),
});

describe('commands of an agent that is killed', () => {
  it(`carries out an action that is not idempotent at most once over ${kills} kills, and answers for each`, async () => {
    expect(capabilities.power.commands.reboot.idempotent).toBe(false);
    await using hub = await startStandInHub();
    using data = await enrolIntoFolder(hub);
    const file = join(data.path, 'executed');
    const ledger = hub.ledger('agent-1');
    const isSettled = (id: string) =>
      ledger.stored.urgent.some(
        (record) =>
          record.kind === 'result' && record.command === id && !['received', 'running'].includes(record.state),
      );
    const sent: string[] = [];
    const repeat = async () => {
      const open = sent.filter((id) => !isSettled(id)).slice(0, 90);
      if (open.length > 0) await hub.send('agent-1', 'down/commands', { commands: open.map(reboot) });
    };
    const desired = { generation: 1, issuedAt: 1, devices: [desiredDevice('d1')], refused: [] };
    const live = async () => {
      const hellos = ledger.hellos.length;
      const child = startChild('tests/support/commanded-agent.ts', [data.path, file]);
      await until('the agent is connected', () => ledger.hellos.length > hellos, 40_000);
      await hub.send('agent-1', 'down/desired', desired);
      await repeat();
      return child;
    };
    for (let kill = 0; kill < kills; kill++) {
      const child = await live();
      for (let n = 0; n < 5; n++) {
        sent.push(`c${kill}-${n}`);
        await hub.send('agent-1', 'down/commands', { commands: [reboot(sent.at(-1) ?? '')] });
        await systemClock.wait(Math.random() * 30);
      }
      await systemClock.wait(Math.random() * 60);
      await child.kill();
    }
    await using _last = await live();
    await until('every command is answered for', () => sent.every(isSettled), 60_000);
    const executed = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    expect(executed.length).toBeGreaterThan(kills);
    expect(
      executed.filter((id, index) => executed.indexOf(id) !== index),
      'carried out twice',
    ).toEqual([]);
    const states = ledger.stored.urgent.map((record) => (record.kind === 'result' ? record.state : ''));
    expect(states).toContain('unknown');
  });
});
