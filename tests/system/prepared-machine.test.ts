import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentsPage } from '../../protocols/api/agents.ts';
import { devicesPage, telemetrySchema } from '../../protocols/api/devices.ts';
import { voucherSchema } from '../../protocols/api/enrolment/vouchers.ts';
import { ensureSchool } from '../demo/adoption.ts';
import { enrolAgent } from '../demo/agent.ts';
import { type RunningHub, startHub } from '../demo/hub.ts';
import { type Api, createApi, signIn, until } from '../support/api.ts';
import { repositoryRoot } from '../support/modules.ts';
import { canMakeMachine, startThrowawayMachine, type ThrowawayMachine } from '../support/throwaway-machine/index.ts';

const hasDpkg = existsSync('/usr/bin/dpkg-deb');
const admin = { email: 'admin@edufleet.example', password: 'mot-mat-khau-thu-nghiem' } as const;
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const schoolName = 'Trường thử máy chuẩn bị trước';

/** The room has no internet as far as the agent can tell: where its hub should be, nobody listens. */
describe.skipIf(!hasDpkg || !canMakeMachine)(
  'a machine that is prepared from the package, without a network (needs dpkg-deb, root and systemd)',
  () => {
    let folder: string;
    let hub: RunningHub;
    let api: Api;
    let school: number;
    let machine: ThrowawayMachine;
    let startAgain: () => Promise<void>;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'prepared-'));
      const args = ['provisioning/image/main.ts', '--arch', architecture, '--out', folder, '--compression', 'zstd'];
      await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
        cwd: repositoryRoot,
      });
      const options = { dataDir: join(folder, 'hub'), port: 0, admin, logLevel: 'warn' };
      hub = await startHub(options);
      const { url, gatewayUrl, brokerUrl } = hub.address;
      const portOf = (address: string) => new URL(address).port;
      const ports = { http: portOf(url), gateway: portOf(gatewayUrl), broker: portOf(brokerUrl) };
      startAgain = async () => {
        hub = await startHub({ ...options, ports });
      };
      api = createApi(url, await signIn(url, admin.email, admin.password));
      ({ school } = await ensureSchool(api, schoolName, []));
      machine = await startThrowawayMachine();
      mkdirSync(machine.path('/tmp/install'));
      const deb = globSync(join(folder, '*.deb'))[0] ?? '';
      writeFileSync(machine.path('/tmp/install/agent.deb'), readFileSync(deb));
    });
    afterAll(async () => {
      await machine?.[Symbol.asyncDispose]();
      await hub?.[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    });

    const inside = async (program: string, ...args: readonly string[]) => {
      const outcome = await machine.run(program, args);
      if (outcome.code !== 0)
        throw new Error(`${program} ${args.join(' ')}: ${outcome.code} ${outcome.out}${outcome.err}`);
      return outcome.out.trim();
    };
    const install = () => inside('dpkg', '-i', '/tmp/install/agent.deb');
    const shown = (property: string) => inside('systemctl', 'show', '--value', '-p', property, 'edufleet-agent');
    const issue = () => api.post('/api/v1/vouchers', { unit: school, hours: 24 }, voucherSchema);
    const agents = async () => (await api.get('/api/v1/agents?limit=50', agentsPage)).rows;
    /** What stands under the check of the identity, and whether the doctor finds a fault. */
    const doctor = async (...args: readonly string[]) => machine.run('edufleet-agent', ['doctor', ...args]);

    it('says for which school, runs at once, collects, and tells a person that it waits', async () => {
      const { token } = await issue();
      await hub.child.stop();
      await install();
      const told = await inside('edufleet-agent', 'prepare', '--voucher', token);
      expect(told).toContain(`Máy này sẽ ghi danh vào: ${schoolName}.`);
      await until('the service runs', 20_000, async () => (await shown('ActiveState')) === 'active');
      await until('it has something to tell and nobody to tell it to', 60_000, async () =>
        /not enrolled yet; 1 of 1 devices up; [1-9]\d* records wait/.test(await shown('StatusText')),
      );
      const { out } = await doctor();
      expect(out).toContain('Máy đã giữ phiếu và đang chờ hub.');
      expect(await inside('stat', '-c', '%U %a', '/var/lib/edufleet-agent/identity/prepared.json')).toBe(
        'edufleet-agent 600',
      );
    });

    it('enrols by itself when the hub can be reached, with what it measured before', async () => {
      const before = new Date().toISOString();
      const began = Date.now();
      await startAgain();
      const agent = await until('the hub sees the agent', 120_000, async () =>
        (await agents()).find(({ connectedAt }) => connectedAt !== undefined),
      );
      console.log(`prepared machine: from the start of the hub to its session ${Date.now() - began} ms`);
      expect(agent.unit.name).toBe(schoolName);
      const { rows } = await api.get('/api/v1/devices', devicesPage);
      expect(rows).toMatchObject([{ family: 'mini-pc', agent: { id: agent.id } }]);
      const span = `from=${new Date(Date.parse(before) - 3_600_000).toISOString()}&to=${before}`;
      await until('what was measured without a hub is there', 60_000, async () => {
        const path = `/api/v1/devices/${rows[0]?.id}/telemetry?metric=host.load1&${span}&step=raw`;
        return (await api.get(path, telemetrySchema)).points.length > 0;
      });
      expect((await doctor('--json')).code).toBe(0);
      expect(await inside('ls', '/var/lib/edufleet-agent/identity')).not.toContain('prepared');
    });

    it('tells what to do when another machine has used its voucher, and takes the next one', async () => {
      await inside('dpkg', '--purge', 'edufleet-agent');
      await install();
      const used = await issue();
      await enrolAgent({ dataDir: join(folder, 'thief') }, { gatewayUrl: hub.address.gatewayUrl, voucher: used.code });
      await inside('edufleet-agent', 'prepare', '--voucher', used.token);
      await until('it says why it waits', 60_000, async () =>
        (await shown('StatusText')).includes('the hub says voucher-used, a new voucher is needed'),
      );
      const { code, out } = await doctor();
      expect([code, out]).toEqual([
        1,
        expect.stringMatching(/✗ Ghi danh .*Phiếu ghi danh này đã được dùng cho máy khác/),
      ]);
      expect(out).toContain('sudo edufleet-agent prepare --voucher EF1-');
      const known = (await agents()).length;
      await inside('edufleet-agent', 'prepare', '--voucher', (await issue()).token);
      await until('the hub sees it', 60_000, async () => (await agents()).length === known + 1);
    });
  },
);
