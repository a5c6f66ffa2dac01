import { expect, it } from 'vitest';
import { until } from '../../support/api.ts';
import { startBroker } from '../../support/hub-broker.ts';

it('takes the question whether the hub is there for a sign of life', async () => {
  await using fixture = await startBroker();
  await using agent = await fixture.agent('agent-1');
  expect(fixture.behind.signs).toEqual([]);
  agent.client.sendPing();
  await until('a sign of life', 5_000, async () => fixture.behind.signs[0]);
  expect(fixture.behind.signs).toEqual(['agent-1']);
});
