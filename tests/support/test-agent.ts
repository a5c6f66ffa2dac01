import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, createAgent } from '../../agent/app.ts';
import { readAgentConfig } from '../../agent/config.ts';
import type { Driver } from '../../agent/devices/driver.ts';
import { loadIdentity, storeIdentity } from '../../agent/identity.ts';
import { createAbsentBroker } from '../../agent/platform/local-broker.ts';
import { createProgramPort } from '../../agent/platform/spawn.ts';
import { silentLog } from '../../protocols/ports.ts';
import { enrol } from '../../provisioning/enrolment/enrol.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { createTestNetwork } from './driver-context.ts';
import type { StandInHub } from './stand-in-hub.ts';

/** A data folder that lives as long as the test. */
export interface AgentFolder extends Disposable {
  readonly path: string;
}

/** Enrols at the hub into a fresh folder. With `mqttUrl` the agent goes another way to the broker. */
export async function enrolIntoFolder(hub: StandInHub, mqttUrl?: string): Promise<AgentFolder> {
  const path = mkdtempSync(join(tmpdir(), 'agent-'));
  const enrolled = await enrol({
    hubUrl: hub.gatewayUrl,
    voucher: hub.voucher(),
    fingerprint: { macs: [], diskSerials: [] },
    agentVersion: '1.0.0',
    hostname: 'test',
    hostFamily: 'mini-pc',
    clock: systemClock,
  });
  await storeIdentity(path, { ...enrolled, hub: { ...enrolled.hub, ...(mqttUrl ? { mqttUrl } : {}) } });
  await loadIdentity(path);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** An agent in this process, over real sockets, with these drivers and without the search for others. */
export function startTestAgent(dataDir: string, drivers: readonly Driver[]): Promise<Agent> {
  const { values: config } = readAgentConfig({
    file: { dataDir, discovery: { enabled: false }, hub: { returnSpreadSeconds: 1 } },
    environment: {},
    flags: {},
    readFile: () => '',
  });
  const absent = async () => {
    throw new Error('this test has no host');
  };
  return createAgent(
    {
      clock: systemClock,
      log: silentLog,
      network: createTestNetwork(systemClock),
      broker: createAbsentBroker(),
      programs: createProgramPort(systemClock),
      host: { facts: absent, load: absent },
      drivers,
      hostFamily: 'mini-pc',
      facts: { version: '1.0.0', bootId: 'boot', platform: 'test' },
      random: Math.random,
    },
    config,
  );
}

/** Resolves when `isTrue` is; looks every 20 ms and gives up after `limitMs`. */
export async function until(what: string, isTrue: () => boolean, limitMs = 20_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await systemClock.wait(20);
  }
}
