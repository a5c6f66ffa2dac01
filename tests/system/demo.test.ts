import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deviceSchema, devicesPage } from '../../protocols/api/devices.ts';
import { createApi, until } from '../support/api.ts';
import { type Child, startChild } from '../support/child.ts';

const accessFile = z.strictObject({
  url: z.string(),
  email: z.string(),
  password: z.string(),
  apiToken: z.string(),
  dataDir: z.string(),
});
const port = 20_000 + (process.pid % 20_000);

/** What `npm start` runs. */
function start(...args: string[]): Child {
  return startChild('tests/demo/main.ts', args);
}

async function ended(child: Child): Promise<{ readonly code: number | null; readonly words: string }> {
  return { code: await child.exited, words: child.log.join('\n') };
}

describe('npm start', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'edufleet-demo-'));
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  const access = async () => accessFile.parse(JSON.parse(await readFile(join(dataDir, 'access.json'), 'utf8')));
  const runOnce = async (args: readonly string[], look: (api: ReturnType<typeof createApi>) => Promise<void>) => {
    const child = start('--port', String(port), '--data', dataDir, ...args);
    await child.line((line) => (line.includes('Edufleet is ready') ? line : undefined), 120_000);
    const { url, apiToken } = await access();
    await look(createApi(url, { authorization: `Bearer ${apiToken}` }));
    child.terminate();
    expect(await ended(child)).toMatchObject({ code: 0 });
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  };

  it('shows this very machine live within a minute, and a school found by discovery', async () => {
    await runOnce([], async (api) => {
      const host = await until('this machine', 60_000, async () => {
        const [row] = (await api.get('/api/v1/devices?capability=host', devicesPage)).rows;
        const device = row && (await api.get(`/api/v1/devices/${row.id}`, deviceSchema));
        return device?.latest['host.cpuUsed'] && device;
      });
      expect(host.reported['host']?.state['cores']).toBeGreaterThan(0);
      await until('the school', 120_000, async () => {
        const { rows, total } = await api.get('/api/v1/devices?limit=50', devicesPage);
        return total === 13 && rows.every(({ health }) => health.state === 'ok' || health.state === 'attention');
      });
    });
    expect(await access()).toMatchObject({ email: 'admin@edufleet.example', dataDir });
  });

  it('keeps the data over a second start, here without the school', async () => {
    const before = await access();
    await runOnce(['--empty', '--quiet'], async (api) => {
      expect((await api.get('/api/v1/devices?limit=50', devicesPage)).total).toBe(13);
    });
    expect(await access()).toEqual(before);
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
