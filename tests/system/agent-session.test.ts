import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command, Desired } from '../../protocols/fleet/messages.ts';
import { startChild } from '../support/child.ts';
import { checkOutboxFile } from '../support/outbox-checker.ts';
import { createScriptedDriver, desiredDevice } from '../support/scripted-driver.ts';
import { type StandInHub, startStandInHub } from '../support/stand-in-hub.ts';
import { enrolIntoFolder, startTestAgent, until } from '../support/test-agent.ts';

let hub: StandInHub;
let folder: string;

beforeEach(async () => {
  hub = await startStandInHub();
  folder = mkdtempSync(join(tmpdir(), 'session-'));
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const cli = (...args: string[]) => startChild('agent/main.ts', [...args, '--data', folder]);
const host: Desired = {
  generation: 5,
  issuedAt: 1,
  devices: [{ id: 'host-1', family: 'mini-pc', name: 'Máy chủ', settings: {} }],
  refused: [],
};
const command = (id: string): Command => ({
  id,
  device: 'd1',
  capability: 'power',
  name: 'on',
  args: {},
  notAfter: Date.now() + 60_000,
  issuedAt: Date.now(),
});

describe('the agent as a program', () => {
  it('enrols once, runs, reports its own machine, outlives its hub, and stops within 5 s', async () => {
    const enrolment = cli('enrol', '--hub', hub.gatewayUrl, '--voucher', hub.voucher());
    expect(await enrolment.line((line) => (line.includes('agent-1') ? line : undefined), 20_000)).toContain('agent-1');
    expect(await enrolment.exited).toBe(0);
    await using running = cli('run');
    await until('the agent is connected', () => hub.ledger('agent-1').hellos.length === 1);
    await hub.send('agent-1', 'down/desired', host);
    const { stored, hellos } = hub.ledger('agent-1');
    await until('the machine is described', () => stored.state.some(({ kind }) => kind === 'inventory'));
    await until('samples arrive', () => stored.samples.length > 0);
    await hub.stopBroker();
    await until('the agent has noticed', () =>
      running.log.some((line) => line.includes('the session with the hub ended')),
    );
    await hub.startBroker();
    await until('the agent is back', () => hellos.length === 2, 40_000);
    expect(hellos[1]?.generation).toBe(5);
    const startedStop = performance.now();
    expect(await running.stop()).toBe(0);
    expect(performance.now() - startedStop).toBeLessThan(5_000);
    checkOutboxFile(join(folder, 'outbox.db'));
  });

  it('says what is wrong and how it ended', async () => {
    const notEnrolled = cli('run');
    expect(await notEnrolled.exited).toBe(1);
    expect(notEnrolled.log.join('\n')).toContain('enrol this machine first');
    const mistyped = cli('enrol', '--hub', hub.gatewayUrl, '--voucher', 'EF1-0000');
    expect(await mistyped.exited).toBe(2);
    const used = hub.voucher();
    expect(await cli('enrol', '--hub', hub.gatewayUrl, '--voucher', used).exited).toBe(0);
    const again = cli('enrol', '--hub', hub.gatewayUrl, '--voucher', used);
    expect(await again.exited).toBe(1);
    expect(again.log.join('\n')).toContain('--replace');
    const replaced = cli('enrol', '--replace', '--hub', hub.gatewayUrl, '--voucher', used);
    expect(await replaced.exited).toBe(1);
    expect(replaced.log.join('\n')).toContain('voucher was used');
  });
});

describe('an agent over real sockets', () => {
  it('sends pictures to the gateway under the id of the command', async () => {
    using data = await enrolIntoFolder(hub);
    const script = createScriptedDriver();
    script.onExecute = async ({ id }, signal) => {
      await script.contexts[0]?.upload(id, 'image/jpeg', Buffer.from('picture'), signal);
      return {};
    };
    await using _agent = await startTestAgent(data.path, [script.driver]);
    await until('the agent is connected', () => hub.ledger('agent-1').hellos.length === 1);
    await hub.send('agent-1', 'down/desired', { ...host, devices: [desiredDevice('d1')] });
    await until('the device runs', () => script.polls > 0);
    await hub.send('agent-1', 'down/commands', { commands: [command('c1')] });
    await until('the picture arrives', () => hub.pictures.length === 1);
    expect(hub.pictures[0]).toEqual({
      agentId: 'agent-1',
      commandId: 'c1',
      type: 'image/jpeg',
      bytes: Buffer.from('picture'),
    });
  });

  it('renews its certificate and comes back with the new one', async () => {
    hub.life.agedMs = 25 * 86_400_000;
    using data = await enrolIntoFolder(hub);
    hub.life.agedMs = 3_600_000;
    await using agent = await startTestAgent(data.path, []);
    await until('the certificate is renewed', () => hub.renewals === 1);
    await until('the agent is online', () => agent.isOnline);
    expect(hub.renewals).toBe(1);
  });

  it('is not served under another name than its own', async () => {
    using data = await enrolIntoFolder(hub);
    const { readFileSync, writeFileSync } = await import('node:fs');
    const facts = join(data.path, 'identity', 'agent.json');
    writeFileSync(facts, readFileSync(facts, 'utf8').replace('agent-1', 'agent-9'));
    await using agent = await startTestAgent(data.path, []);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(agent.isOnline).toBe(false);
    expect(hub.ledger('agent-9').hellos).toEqual([]);
  });
});
