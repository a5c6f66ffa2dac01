import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { agentSchema, agentsPage } from '../../protocols/api/agents.ts';
import { devicesPage, telemetrySchema } from '../../protocols/api/devices.ts';
import { conflictsPage } from '../../protocols/api/enrolment/conflicts.ts';
import { voucherSchema, vouchersPage } from '../../protocols/api/enrolment/vouchers.ts';
import { quarantinePage } from '../../protocols/api/quarantine.ts';
import { ensureSchool } from '../demo/adoption.ts';
import { enrolAgent } from '../demo/agent.ts';
import { startHub } from '../demo/hub.ts';
import { type Api, createApi, signIn, until } from '../support/api.ts';
import { type Child, startChild } from '../support/child.ts';
import { admin } from '../support/live-school.ts';
import { checkOutboxFile } from '../support/outbox-checker.ts';
import { startStandInHub } from '../support/stand-in-hub.ts';
import { temporaryFolder } from '../support/store.ts';

const schoolName = 'THCS Nghĩa Lộ (mẫu)';

/** A hub that can go away and come back on its ports, and a machine beside it. */
async function startPlace() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const options = { dataDir: folder.path, port: 0, admin };
  let hub = await startHub(options);
  stack.defer(() => hub[Symbol.asyncDispose]());
  const { address } = hub;
  const portOf = (url: string) => new URL(url).port;
  const ports = { http: portOf(address.url), gateway: portOf(address.gatewayUrl), broker: portOf(address.brokerUrl) };
  const api = createApi(address.url, await signIn(address.url, admin.email, admin.password));
  const { school } = await ensureSchool(api, schoolName, []);
  const dataDir = join(folder.path, 'agent');
  const env = {
    EDUFLEET_DATA_DIR: dataDir,
    EDUFLEET_MACHINE__SERIAL: `PF2${folder.path.slice(-6)}`,
    EDUFLEET_NETWORK__BROADCAST: 'false',
    EDUFLEET_LOCAL_BROKER__ENABLED: 'false',
    EDUFLEET_HUB__RETURN_SPREAD_SECONDS: '2',
  };
  const agents: Child[] = [];
  stack.defer(async () => {
    for (const agent of agents) await agent.stop();
  });
  const owned = stack.move();
  return {
    api,
    address,
    dataDir,
    folder: folder.path,
    outbox: join(dataDir, 'outbox.db'),
    issue: (hours = 24) => api.post('/api/v1/vouchers', { unit: school, hours }, voucherSchema),
    cli: (...args: string[]) => startChild('agent/main.ts', args, { env }),
    run: () => {
      const agent = startChild('agent/main.ts', ['run'], { env });
      agents.push(agent);
      return agent;
    },
    stopHub: () => hub.child.stop(),
    startHub: async () => {
      hub = await startHub({ ...options, ports });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Records of a stopped agent's outbox, by the device that they are of. */
function countByDevice(path: string): Record<string, number> {
  using sql = new DatabaseSync(path);
  const rows = sql
    .prepare("select coalesce(json_extract(body, '$.device'), '-') as device, count(*) as count from record group by 1")
    .all();
  return Object.fromEntries(rows.map((row) => [String(row['device']), Number(row['count'])]));
}

/** Time for a machine's own numbers: the running agent holds its file for itself, so nobody can look. */
const collecting = () => new Promise((resolve) => setTimeout(resolve, 15_000));

const saysNothingOf = (log: readonly string[], ...secrets: string[]) => {
  for (const secret of secrets) expect(log.join('\n')).not.toContain(secret);
};

async function theAgent(api: Api) {
  const { rows } = await api.get('/api/v1/agents', agentsPage);
  return rows[0] && api.get(`/api/v1/agents/${rows[0].id}`, agentSchema);
}

it('collects in a room without a network, survives being killed, and enrols once with all it has when the hub comes', async () => {
  await using place = await startPlace();
  const { code, token } = await place.issue();
  await place.stopHub();
  const file = join(place.folder, 'phieu.txt');
  writeFileSync(file, `${token}\n`);

  const preparing = place.cli('prepare', '--voucher-file', file);
  expect(await preparing.line((line) => line, 30_000)).toContain(schoolName);
  expect(await preparing.exited).toBe(0);
  const prepared = join(place.dataDir, 'identity/prepared.json');
  expect(statSync(prepared).mode & 0o777).toBe(0o600);

  const first = place.run();
  await until('the first words of a machine without a hub', 60_000, async () =>
    first.log.some((line) => line.includes('could not enrol yet')),
  );
  await collecting();
  await first.kill();
  checkOutboxFile(place.outbox);
  const alone = countByDevice(place.outbox);
  expect(alone['this-machine']).toBeGreaterThan(3);
  const offlineUntil = new Date().toISOString();

  // The hub comes, and the agent is killed again and again while it enrols.
  const starting = place.startHub();
  const killed: Child[] = [];
  for (let round = 0; round < 6; round++) {
    const agent = place.run();
    killed.push(agent);
    await new Promise((resolve) => setTimeout(resolve, 700 + round * 400));
    await agent.kill();
  }
  await starting;
  const agent = place.run();
  const enrolled = await until('the agent is enrolled and online', 120_000, async () => {
    const found = await theAgent(place.api);
    return found?.health.state === 'ok' && found;
  });
  expect((await place.api.get('/api/v1/agents', agentsPage)).total).toBe(1);
  expect(existsSync(prepared)).toBe(false);
  const { rows: devices } = await place.api.get('/api/v1/devices', devicesPage);
  expect(devices).toMatchObject([{ family: 'mini-pc', agent: { id: enrolled.id } }]);

  await until('the last start', 60_000, async () => agent.log.some((line) => line.includes('agent started')));
  // What was measured before the machine had a name stands under the name that it got, and nothing was put aside.
  const span = `from=${new Date(Date.parse(offlineUntil) - 3_600_000).toISOString()}&to=${offlineUntil}`;
  await until('what was measured offline is there', 60_000, async () => {
    const path = `/api/v1/devices/${devices[0]?.id}/telemetry?metric=host.load1&${span}&step=raw`;
    return (await place.api.get(path, telemetrySchema)).points.length > 0;
  });
  expect(await agent.stop()).toBe(0);
  const accounts = checkOutboxFile(place.outbox);
  const { streams = [] } = (await theAgent(place.api)) ?? {};
  expect(streams.map(({ lane }) => lane)).toEqual(expect.arrayContaining(['state', 'samples']));
  for (const { lane, through, delivered, shed, missing } of streams) {
    expect({ lane, missing, delivered: delivered + shed }).toEqual({ lane, missing: 0, delivered: through });
    expect(through).toBeGreaterThanOrEqual(accounts[lane as 'state'].delivered);
  }
  expect((await place.api.get('/api/v1/quarantine', quarantinePage)).total).toBe(0);
  expect(countByDevice(place.outbox)['this-machine']).toBeUndefined();
  const secrets = [
    code,
    token.slice(0, 60),
    readFileSync(join(place.dataDir, 'identity/key.pem'), 'utf8').slice(60, 90),
  ];
  for (const child of [preparing, first, agent, ...killed]) saysNothingOf(child.log, ...secrets);
});

it('hands nothing to another hub, and takes the right one when a person prepares it again', async () => {
  await using place = await startPlace();
  await using other = await startStandInHub();
  const { code, token, id } = await place.issue();
  expect(await place.cli('prepare', '--hub', other.gatewayUrl, '--voucher', code).exited).toBe(0);
  const lost = place.run();
  await until('the agent does not believe the other hub', 60_000, async () =>
    lost.log.some((line) => line.includes('hub-not-trusted')),
  );
  expect((await place.api.get('/api/v1/vouchers?state=open', vouchersPage)).rows.map((row) => row.id)).toEqual([id]);
  expect(await lost.stop()).toBe(0);
  expect(await place.cli('prepare', '--voucher', token).exited).toBe(0);
  place.run();
  await until('the agent is enrolled', 60_000, async () => (await theAgent(place.api))?.health.state === 'ok');
});

it('goes on collecting when its voucher was used by another machine, and a person sees that', async () => {
  await using place = await startPlace();
  const { code, token } = await place.issue();
  expect(await place.cli('prepare', '--voucher', token).exited).toBe(0);
  await enrolAgent({ dataDir: join(place.folder, 'thief') }, { gatewayUrl: place.address.gatewayUrl, voucher: code });
  const agent = place.run();
  await until('the hub has refused', 60_000, async () => agent.log.some((line) => line.includes('voucher-used')));
  await collecting();
  const { rows } = await place.api.get('/api/v1/conflicts', conflictsPage);
  expect(rows).toMatchObject([{ kind: 'voucher-reused' }]);
  expect(await agent.stop()).toBe(0);
  expect(countByDevice(place.outbox)['this-machine']).toBeGreaterThan(0);
});
