import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Agent, createAgent } from '../../../agent/app.ts';
import { readAgentConfig } from '../../../agent/config.ts';
import { storeIdentity } from '../../../agent/identity.ts';
import { createAbsentBroker } from '../../../agent/platform/local-broker.ts';
import { createProgramPort } from '../../../agent/platform/spawn.ts';
import type { Connect } from '../../../agent/uplink/mqtt-connection.ts';
import { createIngest } from '../../../hub/ingest/index.ts';
import { createPolicies, createPolicyKey, type Policies } from '../../../hub/policies/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { createTelemetry } from '../../../hub/telemetry/index.ts';
import type { PolicyRun, ScheduleBody } from '../../../protocols/api/operation/policies.ts';
import { RecoverableError } from '../../../protocols/errors.ts';
import { dayOf } from '../../../protocols/fleet/calendar/day.ts';
import { decodePayload, encodePayload } from '../../../protocols/fleet/payload.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { type Authority, openAuthority } from '../../../provisioning/authority/index.ts';
import { certificateRequest, newKeyPem } from '../../../provisioning/enrolment/key-pair.ts';
import { createPolicySigner } from '../../../provisioning/policy/signature.ts';
import { november, vn } from '../../protocols/fleet/policy/sample.ts';
import { createFakeClock } from '../../support/clock.ts';
import { createTestNetwork } from '../../support/driver-context.ts';
import { createFleet, everything, type Fleet, someone } from '../../support/fleet.ts';
import { openTestStore, seedDevice, type TestStore } from '../../support/hub-store.ts';
import { createScriptedDriver } from '../../support/scripted-driver.ts';
import { temporaryFolder } from '../../support/store.ts';

const clock = createFakeClock(vn('2026-11-02T00:30'));
const boards = ['board-1', 'board-2', 'board-3', 'board-4'];
const body: ScheduleBody = {
  kind: 'schedule',
  target: {},
  steps: [
    {
      trigger: { kind: 'timetable', edge: 'first-start', offsetMinutes: -10 },
      command: { capability: 'power', name: 'on', args: {} },
    },
    {
      trigger: { kind: 'timetable', edge: 'last-end', offsetMinutes: 20 },
      command: { capability: 'power', name: 'off', args: {} },
    },
  ],
  staggerSeconds: 5,
  missed: { kind: 'run-if-within', minutes: 30 },
};

let test: TestStore;
let fleet: Fleet;
let hub: Awaited<ReturnType<typeof openHub>>;
const folder = temporaryFolder();
const switched: string[] = [];
const driver = createScriptedDriver('thing');
let isReachable = true;

async function openHub(store: Store) {
  const authority: Authority = await openAuthority({ folder: join(folder.path, 'authority'), clock });
  const signer = await createPolicySigner(createPolicyKey(), {
    deviceCaPem: authority.deviceCaPem,
    signStatement: authority.signVoucher,
  });
  const calendars = { calendarOf: () => november, onChanged: () => ({ [Symbol.dispose]: () => {} }) };
  const audited: string[] = [];
  const policies: Policies = createPolicies({
    ...fleet,
    calendars,
    signer,
    audit: { append: async ({ action }) => void audited.push(action) },
    log: silentLog,
  });
  await policies.load();
  const telemetry = createTelemetry({ store, clock, log: silentLog });
  await telemetry.load();
  const ingest = createIngest({
    ...fleet,
    telemetry,
    log: silentLog,
    commands: { applyResults: async () => {} },
    recordSinks: [policies.sink],
  });
  return { authority, policies, ingest, audited };
}

/** The wire between the two, without the wire: what the agent publishes goes to the hub's own features. */
const connect: Connect = async ({ agentId, onMessage, signal }) => {
  if (!isReachable) throw new RecoverableError('hub-unreachable', 'the line is cut');
  const ended = Promise.withResolvers<RecoverableError>();
  signal.addEventListener('abort', () => ended.resolve(new RecoverableError('connection-lost', 'ended')));
  return {
    closed: ended.promise,
    publish: async (channel, payload) => {
      if (channel === 'up/hello') {
        const hello = decodePayload(channel, payload);
        await hub.policies.held(agentId, hello.policy ?? 0);
        await onMessage('down/ack', encodePayload('down/ack', await hub.ingest.hello(agentId, hello)));
        await onMessage('down/desired', encodePayload('down/desired', await fleet.registry.desiredFor(agentId)));
        const bundle = await hub.policies.envelopeFor(agentId);
        if (bundle && bundle.number > (hello.policy ?? 0))
          await onMessage('down/policies', encodePayload('down/policies', bundle.envelope));
      }
      if (channel === 'up/frames') {
        const ack = await hub.ingest.submit(agentId, payload);
        if (ack) await onMessage('down/ack', encodePayload('down/ack', ack));
      }
    },
    [Symbol.asyncDispose]: async () => {},
  };
};

function startAgent(): Promise<Agent> {
  const absent = async () => {
    throw new Error('this test has no host');
  };
  const { values } = readAgentConfig({
    file: { dataDir: join(folder.path, 'agent'), discovery: { enabled: false } },
    environment: {},
    flags: {},
    readFile: () => '',
  });
  return createAgent(
    {
      clock,
      log: silentLog,
      network: createTestNetwork(clock),
      broker: createAbsentBroker(),
      programs: createProgramPort(clock),
      host: { facts: absent, load: absent },
      drivers: [driver.driver],
      hostFamily: 'mini-pc',
      facts: { version: '1.0.0', bootId: 'boot', platform: 'test' },
      random: () => 0.99,
      connect,
    },
    values,
  );
}

/** The database takes real time, while the agent's clock stands: both move on until this is so. */
async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 400; turn++) {
    if (await isTrue()) return;
    await clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it did not come: ${what}`);
}

async function allRuns(): Promise<PolicyRun[]> {
  const rows: PolicyRun[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await hub.policies.listRuns(everything, { limit: 200, ...(cursor === undefined ? {} : { cursor }) });
    rows.push(...page.rows);
    cursor = page.next;
    if (cursor === undefined) return rows;
  }
}

beforeAll(async () => {
  test = await openTestStore(clock);
  fleet = await createFleet(test.store, { clock });
  for (const id of boards)
    await seedDevice(test.store, {
      id,
      agentId: 'a1',
      unitId: fleet.room.id,
      capabilities: { power: { commands: ['on', 'off'] } },
    });
  await fleet.registry.refresh('a1');
  hub = await openHub(test.store);
  const keyPem = newKeyPem();
  const { certificatePem } = await hub.authority.issueAgentCertificate('a1', await certificateRequest(keyPem, 'a1'));
  await storeIdentity(join(folder.path, 'agent'), {
    agentId: 'a1',
    name: 'Máy chủ trường',
    hub: { mqttUrl: 'mqtts://hub.example:8883', gatewayUrl: 'https://hub.example:8443' },
    certificate: certificatePem,
    chain: [hub.authority.deviceCaPem, hub.authority.rootPem],
    keyPem,
  });
  driver.pollIntervalMs = 3_600_000;
  driver.onConnect = async ({ reporter }) => {
    reporter.describe({ family: 'thing', capabilities: { power: { commands: ['on', 'off'] } } });
    reporter.report('power', { state: 'off' });
  };
  driver.onExecute = async ({ name }) => {
    switched.push(`${new Date(clock.now() + 7 * 3_600_000).toISOString().slice(0, 10)} ${name}`);
    return {};
  };
}, 60_000);

afterAll(async () => {
  await hub.ingest[Symbol.asyncDispose]();
  await hub.policies[Symbol.asyncDispose]();
  await fleet.registry[Symbol.asyncDispose]();
  await test[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

describe('a school that is cut off for a month', () => {
  it('keeps its timetable across a holiday and an examination, and tells all of it once on return', async () => {
    const tried = await hub.policies.check(everything, { unit: fleet.school.id, body });
    expect(tried.faults).toEqual([]);
    expect(tried.effect).toMatchObject({ devices: { total: 4 }, agents: 1 });
    expect(tried.effect?.days[0]?.runs.map(({ time, command }) => [time, command])).toEqual([
      ['06:50', 'on'],
      ['17:20', 'off'],
    ]);
    await hub.policies.create(everything, someone, {
      unit: fleet.school.id,
      name: 'Bảng theo giờ học',
      enabled: true,
      body,
    });
    await hub.policies.publish();
    expect(hub.policies.expectedPowerOf('board-1', vn('2026-11-03T08:00'))).toBe('on');
    expect(hub.policies.expectedPowerOf('board-1', vn('2026-11-20T08:00'))).toBe('off');
    expect(hub.policies.expectedPowerOf('board-1', vn('2026-11-27T08:00'))).toBeUndefined();

    let agent = await startAgent();
    await until('the agent holds its bundle', async () => {
      const { rows } = await hub.policies.listBundles(everything, { limit: 10 });
      return rows[0]?.held === 1;
    });
    isReachable = false;
    await agent[Symbol.asyncDispose]();

    // Thirty days with restarts: short ones, one over a morning, one at the very moment of a run.
    agent = await startAgent();
    const restart = async (at: string, awayMs: number) => {
      await clock.advance(vn(at) - clock.now());
      await agent[Symbol.asyncDispose]();
      await clock.advance(awayMs);
      agent = await startAgent();
    };
    await restart('2026-11-05T12:00', 60_000);
    await restart('2026-11-10T06:50:02', 30_000);
    await restart('2026-11-13T06:30', 3 * 3_600_000);
    await restart('2026-11-20T03:00', 3_600_000);
    await restart('2026-11-27T08:00', 60_000);
    await clock.advance(vn('2026-12-03T00:30') - clock.now());
    expect(agent.isOnline).toBe(false);

    isReachable = true;
    await clock.advance(300_000);
    await until(
      'everything is told',
      async () => agent.isOnline && (await allRuns()).some(({ at }) => at >= '2026-12-02'),
    );
    await until('nothing more comes', async () => {
      const before = (await allRuns()).length;
      await clock.advance(2_000);
      return (await allRuns()).length === before;
    });
    await agent[Symbol.asyncDispose]();

    const rows = await allRuns();
    const runs = rows.filter(({ kind }) => kind === 'run');
    const expected: string[] = [];
    for (let at = vn('2026-11-02T12:00'); at < vn('2026-12-03T00:00'); at += 86_400_000) {
      const date = new Date(at).toISOString().slice(0, 10);
      if (dayOf(november, date).kind !== 'lessons') continue;
      // It was away in that one morning, for longer than half an hour.
      for (const key of ['0', '1'])
        if (!(date === '2026-11-13' && key === '0'))
          for (const board of boards) expected.push(`p1r1s${key}/${board}/${date}.${key === '0' ? 'first' : 'last'}`);
    }
    expect(runs.map(({ run }) => run).toSorted()).toEqual(expected.toSorted());
    expect(runs.every(({ state }) => state === 'succeeded')).toBe(true);
    // What reached the devices is what was told, and nothing on the holiday or in the examination.
    expect(switched).toHaveLength(runs.length);
    expect(switched.some((act) => /^2026-11-(20|26|27|28|29) /.test(act))).toBe(false);
    const passed = rows.filter(({ kind }) => kind === 'passed').map(({ run, devices }) => [run, devices]);
    expect(passed.toSorted()).toEqual(
      [
        ['p1r1s0/2026-11-13.first/missed', 4],
        ...['26', '27', '28'].flatMap((day) => [
          [`p1r1s0/2026-11-${day}.first/frozen`, expect.any(Number)],
          [`p1r1s1/2026-11-${day}.last/frozen`, expect.any(Number)],
        ]),
      ].toSorted(),
    );
    expect(rows.every(({ receivedAt }) => receivedAt >= '2026-12-02T17:30')).toBe(true);
    expect(hub.audited).toEqual(['policy.create']);
  }, 180_000);
});
