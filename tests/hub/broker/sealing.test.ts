import { describe, expect, it } from 'vitest';
import { openDesired, sealingWay } from '../../../provisioning/sealing/credentials.ts';
import { until } from '../../support/api.ts';
import { hello, startBroker } from '../../support/hub-broker.ts';

const device = {
  id: 'device-1',
  family: 'some',
  name: 'Cổng',
  settings: {},
  credentials: { password: 'mật-khẩu-cổng' },
};

describe('the desired document on its way', () => {
  it('is sealed to the key that the agent has proven, and in the clear for an agent that cannot open it', async () => {
    await using fixture = await startBroker();
    fixture.behind.devices = [device];
    fixture.behind.generation = 5;
    await using agent = await fixture.agent('agent-1');
    const desiredAfter = async (greeting: typeof hello) => {
      const before = agent.received('down/desired').length;
      await agent.publish('up/hello', greeting);
      return await until('the desired document', 5_000, async () => agent.received('down/desired')[before]);
    };
    const old = await desiredAfter(hello);
    expect(old.devices).toEqual([device]);
    fixture.behind.generation = 6;
    const sealed = await desiredAfter({ ...hello, seals: [sealingWay] });
    expect(JSON.stringify(sealed)).not.toContain(device.credentials.password);
    const keys = await fixture.keysOf('agent-1');
    const open = (agentId: string, keyPem: string) => openDesired(sealed, { agentId, keyPem });
    expect(open('agent-1', keys.keyPem)).toMatchObject({ desired: { devices: [device] }, unopened: [] });
    const { keyPem: foreign } = await fixture.keysOf('agent-2');
    expect(open('agent-1', foreign).unopened).toEqual(['device-1']);
    fixture.behind.generation = 7;
    const unknown = await desiredAfter({ ...hello, seals: ['another-way'] });
    expect(unknown.devices).toEqual([device]);
  });
});
