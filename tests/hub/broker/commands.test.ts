import { describe, expect, it } from 'vitest';
import type { Command } from '../../../protocols/fleet/messages.ts';
import { until } from '../../support/api.ts';
import { hello, startBroker } from '../../support/hub-broker.ts';

const command = (id: string): Command => ({
  id,
  device: 'device-1',
  capability: 'power',
  name: 'off',
  args: {},
  notAfter: Date.now() + 60_000,
  issuedAt: Date.now(),
});

describe('commands on their way', () => {
  it('lets go only what was marked, and asks the agent for what was taken back too late', async () => {
    await using fixture = await startBroker();
    const { behind } = fixture;
    behind.pending.push(command('c1'), command('c2'));
    behind.revoked.add('c2');
    behind.takenBack.push('c0');
    await using agent = await fixture.agent('agent-1');
    await agent.publish('up/hello', hello);
    const [sent] = await until('the commands', 5_000, async () => {
      const received = agent.received('down/commands');
      return received.length > 0 && received;
    });
    expect(sent?.commands.map(({ id }) => id)).toEqual(['c1']);
    const [asked] = await until('the cancellations', 5_000, async () => {
      const received = agent.received('down/cancellations');
      return received.length > 0 && received;
    });
    expect(asked).toEqual({ commands: ['c0'] });
    expect(behind.sent).toEqual(['c1']);
  });
});
