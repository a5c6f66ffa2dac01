import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Agent, createAgent } from '../../agent/app.ts';
import { readAgentConfig } from '../../agent/config.ts';
import { storeIdentity } from '../../agent/identity.ts';
import type { Command, Desired } from '../../protocols/fleet/messages.ts';
import type { Lane } from '../../protocols/fleet/record.ts';
import { silentLog } from '../../protocols/ports.ts';
import { certificateRequest, newKeyPem } from '../../provisioning/enrolment/key-pair.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import { createFakeHub, type FakeHub } from '../support/fake-hub.ts';
import { checkOutboxFile } from '../support/outbox-checker.ts';
import { createScriptedDriver, desiredDevice, type ScriptedDriver } from '../support/scripted-driver.ts';
import { createTestAuthority } from '../support/test-authority.ts';

let dataDir: string;
let clock: FakeClock;
let hub: FakeHub;
let script: ScriptedDriver;
let agent: Agent | undefined;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'agent-'));
  clock = createFakeClock();
  hub = createFakeHub();
  script = createScriptedDriver();
  script.onPoll = async (_signal, { reporter }) => {
    reporter.describe({ family: 'scripted', capabilities: { power: { commands: ['on', 'off'] } } });
    reporter.report('power', { state: 'off' });
  };
  const authority = await createTestAuthority();
  const keyPem = newKeyPem();
  await storeIdentity(dataDir, {
    agentId: 'agent-1',
    name: 'Máy 1',
    hub: { mqttUrl: 'mqtts://hub.test:8883', gatewayUrl: 'https://hub.test:8443' },
    certificate: await authority.signAgent(await certificateRequest(keyPem, 'x'), 'agent-1', { at: clock.now() }),
    chain: [authority.intermediate, authority.root],
    keyPem,
  });
});
afterEach(async () => {
  await stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(): Promise<Agent> {
  const absent = async () => {
    throw new Error('this test has no network');
  };
  agent = await createAgent(
    {
      clock,
      log: silentLog,
      network: {
        tcp: { connect: absent },
        udp: { open: absent },
        http: { request: absent },
        websocket: { connect: absent },
      },
      broker: { admit: absent },
      programs: { run: absent },
      host: { facts: absent, load: absent },
      drivers: [script.driver],
      hostFamily: 'scripted',
      facts: { version: '1.0.0', bootId: 'boot', platform: 'test' },
      random: () => 0.5,
      connect: hub.connect,
    },
    readAgentConfig({ file: { dataDir }, environment: {}, flags: {}, readFile: () => '' }).values,
  );
  await turns();
  return agent;
}

/** Stops the agent; nothing of it may be left. */
async function stop(): Promise<void> {
  const stopped = agent?.[Symbol.asyncDispose]();
  await turns();
  await stopped;
  if (agent) expect(clock.pending, 'timers that the agent left').toBe(0);
  agent = undefined;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await clock.settle();
}

const document = (generation: number, ...devices: string[]): Desired => ({
  generation,
  issuedAt: 1,
  devices: devices.map((id) => desiredDevice(id)),
  refused: [],
});
const command = (id: string, name = 'on'): Command => ({
  id,
  device: 'd1',
  capability: 'power',
  name,
  args: {},
  notAfter: clock.now() + 60_000,
  issuedAt: clock.now(),
});
const told = (lane: Lane, kind: string) => hub.ledger.stored[lane].filter((record) => record.kind === kind);
const results = () =>
  told('urgent', 'result').map((record) => record.kind === 'result' && [record.command, record.state]);

describe('the agent', () => {
  it('runs what it is told to, reports it, and obeys', async () => {
    const { agentId } = await start();
    expect(agentId).toBe('agent-1');
    expect(hub.ledger.hellos).toMatchObject([
      { families: [{ name: 'scripted', label: { vi: 'Thử', en: 'Test' } }], generation: 0 },
    ]);
    await hub.send('down/desired', document(3, 'd1'));
    await clock.advance(1_000);
    await turns();
    expect(told('state', 'inventory')).toMatchObject([{ device: 'd1' }]);
    expect(told('state', 'state')).toContainEqual(
      expect.objectContaining({ capability: 'power', state: { state: 'off' } }),
    );
    await hub.send('down/commands', { commands: [command('c1')] });
    await turns();
    expect(script.executed.map(({ id }) => id)).toEqual(['c1']);
    expect(results()).toEqual([
      ['c1', 'received'],
      ['c1', 'running'],
      ['c1', 'succeeded'],
    ]);
    await clock.advance(30_000);
    expect(hub.ledger.heartbeats.at(-1)).toMatchObject({ generation: 3, devices: { total: 1, up: 1 } });
    await stop();
    checkOutboxFile(join(dataDir, 'outbox.db'));
  });

  it('works without its hub after a restart, and tells it all later', async () => {
    await start();
    await hub.send('down/desired', document(3, 'd1'));
    await turns();
    await stop();
    hub.isDown = true;
    const before = script.connects;
    await start();
    await clock.advance(60_000);
    expect(script.connects).toBeGreaterThan(before);
    expect(agent?.isOnline).toBe(false);
    hub.isDown = false;
    await clock.advance(600_000);
    await turns();
    expect(agent?.isOnline).toBe(true);
    expect(hub.ledger.hellos.at(-1)?.generation).toBe(3);
    expect(told('state', 'state').length).toBeGreaterThan(1);
  });

  it('runs a command once, however often the hub sends it, also over a restart', async () => {
    await start();
    await hub.send('down/desired', document(3, 'd1'));
    await clock.advance(1_000);
    await hub.send('down/commands', { commands: [command('c1'), command('c1')] });
    await turns();
    await hub.send('down/commands', { commands: [command('c1')] });
    await turns();
    await stop();
    await start();
    await clock.advance(1_000);
    await hub.send('down/commands', { commands: [command('c1')] });
    await turns();
    expect(script.executed).toHaveLength(1);
    expect(results().filter((entry) => entry && entry[1] === 'succeeded').length).toBeGreaterThanOrEqual(3);
  });

  it('tells that its outbox was damaged', async () => {
    await start();
    await stop();
    writeFileSync(join(dataDir, 'outbox.db'), Buffer.alloc(10_000, 1));
    await start();
    expect(told('urgent', 'event')).toMatchObject([
      { capability: 'agent', name: 'outbox-replaced', severity: 'critical' },
    ]);
  });

  it('stops although a device does not', async () => {
    await start();
    script.onPoll = () => new Promise(() => {});
    await hub.send('down/desired', document(3, 'd1'));
    await clock.advance(1_000);
    const stopped = agent?.[Symbol.asyncDispose]();
    await clock.advance(5_000);
    await stopped;
    expect(clock.pending).toBe(0);
    agent = undefined;
  });

  it('leaves nothing open when it cannot start', async () => {
    rmSync(join(dataDir, 'identity', 'key.pem'));
    await expect(start()).rejects.toMatchObject({ code: 'identity-broken' });
    expect(clock.pending).toBe(0);
  });
});
