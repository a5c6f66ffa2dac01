import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { drivers } from '../../agent/devices/registry.ts';
import { causesPage } from '../../protocols/api/causes.ts';
import { deviceSchema, devicesPage } from '../../protocols/api/devices.ts';
import { configurationChangeResult, deviceConfigurationSchema } from '../../protocols/api/operation/configuration.ts';
import { policyBundlesPage } from '../../protocols/api/operation/policies.ts';
import { type Api, createApi, until } from '../support/api.ts';
import { type Child, startChild } from '../support/child.ts';

const accessFile = z.strictObject({
  url: z.string(),
  email: z.string(),
  password: z.string(),
  apiToken: z.string(),
  dataDir: z.string(),
});

/** What `npm start` runs. */
function start(...args: string[]): Child {
  return startChild('tests/demo/main.ts', args);
}

async function ended(child: Child): Promise<{ readonly code: number | null; readonly words: string }> {
  return { code: await child.exited, words: child.log.join('\n') };
}

/** Whether a server could listen there now. */
function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Three ports in a row, below those that the system gives away by itself. */
async function freePorts(): Promise<number> {
  for (let port = 20_000 + (process.pid % 10_000); port < 32_000; port += 3) {
    const free = await Promise.all([port, port + 1, port + 2].map(isFree));
    if (free.every(Boolean)) return port;
  }
  throw new Error('no three free ports in a row');
}

/** Processes whose command line or environment names this folder. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || name === String(process.pid)) return false;
    try {
      return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${name}/${file}`, 'utf8').includes(folder));
    } catch {
      // It has ended meanwhile, or is somebody else's.
      return false;
    }
  });
}

/** Passwords of the sample school's devices, as `tests/demo/school` makes them. */
const deviceSecrets = [
  /Truong-hoc-\d+-\d/,
  /PJ\d+chieu\d/,
  /MQTT-\d+-o-cam-\d/,
  /SIP2-\d+-sach/,
  /OBS-\d+-phong-thu/,
  /snmp-\d+-doc/,
  /BMC-\d+-may-chu/,
];

function secretsIn(text: string): string[] {
  return deviceSecrets.flatMap((pattern) => pattern.exec(text)?.[0] ?? []);
}

/** What the files of a folder give away; bytes are read as letters, so that a page of a database is as open as a log. */
function leaksOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).flatMap((entry) => {
    if (!entry.isFile()) return [];
    const path = join(entry.parentPath, entry.name);
    return secretsIn(readFileSync(path, 'latin1')).map((secret) => `${path}: ${secret}`);
  });
}

/** Wishes something of the first device that can be set so, and waits until the device itself tells it. */
async function expectKept(
  api: Api,
  capability: string,
  change: { readonly key: string; readonly value: unknown; readonly keeping: string },
): Promise<void> {
  const [device] = (await api.get(`/api/v1/devices?capability=${capability}`, devicesPage)).rows;
  const path = `/api/v1/devices/${device?.id}/configuration`;
  const { outcomes } = await api.post(path, { changes: [change], reason: 'quy định chung' }, configurationChangeResult);
  expect(outcomes).toMatchObject({ changes: 1 });
  await until('the device is set as wished', 60_000, async () => {
    const { settings } = await api.get(path, deviceConfigurationSchema);
    const setting = settings.find(({ key }) => key === change.key);
    return setting?.standing === 'same' && isDeepStrictEqual(setting.reported?.value, change.value);
  });
}

describe('npm start', () => {
  let dataDir: string;
  let port: number;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'edufleet-demo-'));
    port = await freePorts();
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  let devices: string[] = [];
  const access = async (folder: string) =>
    accessFile.parse(JSON.parse(await readFile(join(folder, 'access.json'), 'utf8')));
  const listed = async (api: Api) => (await api.get('/api/v1/devices?limit=50', devicesPage)).rows;

  /** Starts it, looks, and presses Ctrl-C: nothing of it may be left. Returns what it said. */
  const runOnce = async (folder: string, args: readonly string[], look: (api: Api) => Promise<void>) => {
    const said: string[] = [];
    await using child = start('--port', String(port), '--data', folder, ...args);
    await child.line((line) => {
      said.push(line.trim());
      return line.includes('Ctrl-C stops everything') ? line : undefined;
    }, 120_000);
    const { url, apiToken } = await access(folder);
    expect(url).toContain(`:${port}`);
    await look(createApi(url, { authorization: `Bearer ${apiToken}` }));
    // The starter, the hub and the agent.
    expect(processesOf(folder)).toHaveLength(3);
    process.kill(child.pid, 'SIGINT');
    const { code, words } = await ended(child);
    expect(code).toBe(0);
    expect(processesOf(folder)).toEqual([]);
    expect(await Promise.all([port, port + 1, port + 2].map(isFree))).toEqual([true, true, true]);
    return { said: said.filter((line) => line !== ''), words };
  };

  it('shows this very machine live within a minute, and a school of every family', {
    timeout: 300_000,
  }, async () => {
    const startedAt = Date.now();
    const answers: string[] = [];
    const { said, words } = await runOnce(dataDir, [], async (api) => {
      const host = await until('this machine', 60_000, async () => {
        const [row] = (await api.get('/api/v1/devices?capability=host', devicesPage)).rows;
        const device = row && (await api.get(`/api/v1/devices/${row.id}`, deviceSchema));
        return device?.latest['host.cpuUsed'] && device;
      });
      expect(Date.now() - startedAt).toBeLessThan(60_000);
      expect(host.reported['host']?.state['cores']).toBeGreaterThan(0);
      const first = Date.parse(host.latest['host.cpuUsed']?.at ?? '');
      await until('the school', 120_000, async () => {
        const rows = await listed(api);
        devices = rows.map(({ id }) => id).sort();
        const families = new Set(rows.map(({ family }) => family));
        const isComplete = drivers.every(({ family }) => families.has(family)) && rows.length >= 31;
        return (
          isComplete && rows.every(({ health }) => ['ok', 'attention', 'fault', 'expected-off'].includes(health.state))
        );
      });
      await until('the few problems of that school', 30_000, async () => {
        const { rows } = await api.get('/api/v1/causes?state=open&limit=50', causesPage);
        const codes = rows.map(({ code }) => code);
        // A filter, toner, a fan, a forgotten headset; and the studio's missing camera, worse while it records.
        const isTold = ['EF-2332', 'EF-2412', 'EF-2311', 'EF-2432'].every((code) => codes.includes(code));
        return isTold && codes.some((code) => code === 'EF-2441' || code === 'EF-2442') && rows.length < 8;
      });
      await until('the schedules are held by the agent', 60_000, async () => {
        const [bundle] = (await api.get('/api/v1/policy-bundles', policyBundlesPage)).rows;
        return bundle !== undefined && bundle.number > 0 && bundle.held === bundle.number && !bundle.trouble;
      });
      await expectKept(api, 'time', { key: 'time.servers', value: ['ntp.truong.example'], keeping: 'heal' });
      const anything = z.unknown();
      for (const path of [
        'devices?limit=50',
        'proposals?status=adopted&limit=200',
        'agents',
        'audit?limit=200',
        'causes',
      ])
        answers.push(JSON.stringify(await api.get(`/api/v1/${path}`, anything)));
      for (const id of devices) answers.push(JSON.stringify(await api.get(`/api/v1/devices/${id}`, anything)));
      await until('a newer figure', 90_000, async () => {
        const { latest } = await api.get(`/api/v1/devices/${host.id}`, deviceSchema);
        return Date.parse(latest['host.cpuUsed']?.at ?? '') > first;
      });
    });
    expect(said).toContain('agent enrolled with a voucher');
    // Device credentials are sealed in the database, on the way, and at the agent; nothing tells them.
    expect(secretsIn('"password":"snmp-7-doc"'), 'the patterns match').toHaveLength(1);
    expect(leaksOf(dataDir)).toEqual([]);
    expect(secretsIn([...answers, words].join('\n'))).toEqual([]);
    expect(await access(dataDir)).toMatchObject({ email: 'admin@edufleet.example', dataDir });
  });

  it('keeps the data over a second start, here without the school and without words', async () => {
    const before = await access(dataDir);
    const { said, words } = await runOnce(dataDir, ['--empty', '--quiet'], async (api) => {
      expect((await listed(api)).map(({ id }) => id).sort()).toEqual(devices);
    });
    expect(await access(dataDir)).toEqual(before);
    expect(said).toEqual([
      `Edufleet is ready: ${before.url}`,
      `sign in as ${before.email} with ${before.password}`,
      expect.stringContaining('access.json'),
      'Ctrl-C stops everything',
    ]);
    expect(words).toBe('');
  });

  it('has nothing but this machine when it starts empty', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edufleet-empty-'));
    await runOnce(folder, ['--empty'], async (api) => {
      const rows = await until('this machine', 60_000, async () => {
        const all = await listed(api);
        return all.every(({ health }) => health.state === 'ok') && all;
      });
      expect(rows).toHaveLength(1);
    });
    await rm(folder, { recursive: true });
  });

  it('tells a wrong option and its help', async () => {
    expect(await ended(start('--prot', '1'))).toMatchObject({ code: 2, words: expect.stringContaining("'--prot'") });
    expect(await ended(start('--port', '99999'))).toMatchObject({
      code: 2,
      words: expect.stringContaining('--port takes a whole number from 1 to 65533'),
    });
    const help = start('--help');
    await help.line((line) => (line.includes('--empty') ? line : undefined), 10_000);
    expect(await ended(help)).toMatchObject({ code: 0 });
  });
});
