import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentsPage } from '../../protocols/api/agents.ts';
import { ensureSchool, issueVoucher } from '../demo/adoption.ts';
import { type RunningHub, startHub } from '../demo/hub.ts';
import { startOnvifCamera } from '../simulators/onvif-camera/index.ts';
import { type Api, createApi, signIn, until } from '../support/api.ts';
import { repositoryRoot } from '../support/modules.ts';
import { canMakeMachine, startThrowawayMachine, type ThrowawayMachine } from '../support/throwaway-machine/index.ts';

const run = promisify(execFile);
const hasDpkg = existsSync('/usr/bin/dpkg-deb');
const hasAnalyze = existsSync('/usr/bin/systemd-analyze');
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const other = architecture === 'amd64' ? 'arm64' : 'amd64';
const admin = { email: 'admin@edufleet.example', password: 'mot-mat-khau-thu-nghiem' } as const;

let folder: string;
let tree: string;
let deb: string;

/** As a person does by `npm run package:agent`, but packed fast. */
async function build(arch: string, out: string): Promise<string> {
  const args = ['provisioning/image/main.ts', '--arch', arch, '--out', out, '--compression', 'zstd'];
  const env = { ...process.env, SOURCE_DATE_EPOCH: '1767225600' };
  await run(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { cwd: repositoryRoot, env });
  return globSync(join(out, `*_${arch}.deb`))[0] ?? '';
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'package-'));
  if (!hasDpkg) return;
  deb = await build(architecture, join(folder, 'first'));
  tree = join(folder, 'tree');
  execFileSync('dpkg-deb', ['-R', deb, tree]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

describe.skipIf(!hasDpkg)('the package of the agent (needs dpkg-deb)', () => {
  it('is the same bytes when it is built again', async () => {
    expect(digest(await build(architecture, join(folder, 'second')))).toBe(digest(deb));
  });

  it('is built for the other architecture with the Node that the lock file names', async () => {
    const path = await build(other, join(folder, 'other'));
    const unpack = `dpkg-deb --fsys-tarfile '${path}' 2>/dev/null | tar -xO ./usr/lib/edufleet-agent/node | head -c 20`;
    const node = execFileSync('sh', ['-c', unpack]);
    // e_machine of the ELF header: 62 is x86-64, 183 is AArch64.
    expect(node.readUInt16LE(18)).toBe(other === 'arm64' ? 183 : 62);
    expect(execFileSync('dpkg-deb', ['-f', path, 'Architecture'], { encoding: 'utf8' }).trim()).toBe(other);
  });

  it('holds files of root that nobody else may write, and whatever dpkg asks for', () => {
    const listed = execFileSync('dpkg-deb', ['-c', deb], { encoding: 'utf8' }).trimEnd().split('\n');
    expect(listed.filter((line) => !/^(d|-)rwxr-xr-x root\/root|^-rw-r--r-- root\/root/.test(line))).toEqual([]);
    for (const path of [
      'etc/edufleet/agent.json',
      'usr/bin/edufleet-agent',
      'usr/share/doc/edufleet-agent/copyright',
    ]) {
      expect(listed.some((line) => line.endsWith(` ./${path}`))).toBe(true);
    }
    expect(readFileSync(join(tree, 'DEBIAN/conffiles'), 'utf8')).toBe('/etc/edufleet/agent.json\n');
    const copyright = readFileSync(join(tree, 'usr/share/doc/edufleet-agent/copyright'), 'utf8');
    for (const name of ['mqtt', 'zod', 'aedes', 'net-snmp', 'node-onvif', 'Node.js']) {
      expect(copyright).toMatch(new RegExp(`^  ${name.replace('.', '\\.')} \\d`, 'm'));
    }
  });

  it('carries neither the hub nor the authority, nor a trace of who built it', () => {
    const scripts = globSync('usr/lib/edufleet-agent/**/*.{mjs,js}', { cwd: tree });
    expect(scripts.length).toBeGreaterThan(5);
    const text = scripts.map((path) => readFileSync(join(tree, path), 'utf8')).join('\n');
    const traces = [repositoryRoot.replace(/\/$/, ''), 'provisioning/authority', 'hub/store', 'pglite', 'better-auth'];
    expect(traces.filter((trace) => text.includes(trace))).toEqual([]);
  });

  it('has scripts that Node can read, and parts that load when they are needed', async () => {
    const programs = ['agent.mjs', 'second-opinion.mjs'];
    const home = join(tree, 'usr/lib/edufleet-agent');
    for (const path of programs) await run(process.execPath, ['--check', join(home, path)]);
    const parts = globSync('{*.mjs,node_modules/*/index.js}', { cwd: home }).filter((path) => !programs.includes(path));
    expect(parts.length).toBeGreaterThan(5);
    const load = parts.map((path) => `await import(${JSON.stringify(join(home, path))});`).join('\n');
    const { stdout, stderr } = await run(process.execPath, [
      '--disable-warning=DEP0005',
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      load,
    ]);
    expect([stdout, stderr]).toEqual(['', '']);
  });

  it.skipIf(!hasAnalyze)('has a unit that systemd takes, with little left to attack', async () => {
    const unit = join(tree, 'usr/lib/systemd/system/edufleet-agent.service');
    const checked = join(folder, 'edufleet-agent.service');
    writeFileSync(
      checked,
      readFileSync(unit, 'utf8').replace('/usr/bin/edufleet-agent', join(tree, 'usr/bin/edufleet-agent')),
    );
    const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', checked]);
    // systemd before 254 does not know the growing wait between restarts.
    const complaints = `${stdout}${stderr}`
      .split('\n')
      .filter((line) => line.includes('edufleet') && !/RestartSteps|RestartMaxDelaySec/.test(line));
    expect(complaints).toEqual([]);
    const security = await run('systemd-analyze', [
      'security',
      '--offline=true',
      '--no-pager',
      '--threshold=20',
      checked,
    ]);
    expect(security.stdout).toMatch(/Overall exposure level .*: (1\.\d|0\.\d)/);
  });
});

describe.skipIf(!hasDpkg || !canMakeMachine)('a machine with the package (needs root and systemd)', () => {
  let hub: RunningHub;
  let api: Api;
  let machine: ThrowawayMachine;
  let school: number;

  beforeAll(async () => {
    hub = await startHub({ dataDir: folder, port: 0, admin, logLevel: 'warn' });
    const { url } = hub.address;
    api = createApi(url, await signIn(url, admin.email, admin.password));
    ({ school } = await ensureSchool(api, 'Trường thử gói cài đặt', []));
    machine = await startThrowawayMachine();
    mkdirSync(machine.path('/tmp/install'));
    writeFileSync(machine.path('/tmp/install/agent.deb'), readFileSync(deb));
  });
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]();
    await hub?.[Symbol.asyncDispose]();
  });

  const inside = async (program: string, ...args: readonly string[]) => {
    const outcome = await machine.run(program, args);
    if (outcome.code !== 0)
      throw new Error(`${program} ${args.join(' ')}: ${outcome.code} ${outcome.out}${outcome.err}`);
    return outcome.out.trim();
  };
  const install = () => inside('dpkg', '-i', '/tmp/install/agent.deb');
  const shown = async (property: string) =>
    await inside('systemctl', 'show', '--value', '-p', property, 'edufleet-agent');
  const agents = async () => (await api.get('/api/v1/agents?limit=50', agentsPage)).rows;
  /** The agent, once its session with the hub began after a moment. */
  const online = (since: number) =>
    until('the hub sees the agent', 30_000, async () =>
      (await agents()).find(({ connectedAt }) => connectedAt !== undefined && Date.parse(connectedAt) >= since),
    );
  const mainProcess = async () => Number(await shown('MainPID'));
  const doctor = async () => {
    const { code, out } = await machine.run('edufleet-agent', ['doctor', '--json', '--lang', 'en']);
    const { findings } = JSON.parse(out) as { findings: { check: string; verdict: string; cause?: string }[] };
    return {
      code,
      faults: findings.flatMap(({ verdict, check, cause }) => (verdict === 'fault' ? [`${check}: ${cause}`] : [])),
    };
  };

  it('is ready to be enrolled, and runs nothing before', async () => {
    expect(await install()).toContain('sudo edufleet-agent enrol');
    expect(await shown('ActiveState')).toBe('inactive');
    expect(await shown('UnitFileState')).toBe('enabled');
    expect(await inside('stat', '-c', '%U:%G %a', '/var/lib/edufleet-agent')).toBe('edufleet-agent:edufleet-agent 700');
    expect(await inside('edufleet-agent', '--version')).toMatch(/^\d+\.\d+\.\d+$/);
    expect(await inside('edufleet-agent', 'config', 'print')).toContain('dataDir = "/var/lib/edufleet-agent"  (file)');
    expect(await inside('dpkg', '--verify', 'edufleet-agent')).toBe('');
    expect(await doctor()).toEqual({ code: 1, faults: ['identity: not-enrolled'] });
  });

  it('is an agent of the school after one command', async () => {
    const voucher = await issueVoucher(api, school, 'Máy tính cài từ gói');
    const began = Date.now();
    await inside('edufleet-agent', 'enrol', '--hub', hub.address.gatewayUrl, '--voucher', voucher);
    const { name } = await online(began);
    console.log(`package: from the command to an agent that the hub sees: ${Date.now() - began} ms`);
    expect(name).toBe('Máy tính cài từ gói');
    expect(await shown('ActiveState')).toBe('active');
    expect(await inside('ps', '-o', 'user:20=', '-p', String(await mainProcess()))).toBe('edufleet-agent');
    expect(await inside('stat', '-c', '%U %a', '/var/lib/edufleet-agent/identity/key.pem')).toBe('edufleet-agent 600');
    await until('systemd was told how it is', 20_000, async () =>
      /connected to the hub/.test(await shown('StatusText')),
    );
    expect(await doctor()).toEqual({ code: 0, faults: [] });
    expect(await inside('edufleet-agent', 'doctor')).toMatch(/✓ Ghi danh .*\n✓ Chứng chỉ đến[\s\S]*Mọi điều đều ổn\./);
  });

  it('tells somebody else that he may not look, and nothing of the identity', async () => {
    const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', 'edufleet-agent', 'doctor', '--json'];
    const { code, out } = await machine.run('setpriv', asNobody);
    const { findings } = JSON.parse(out) as { findings: { cause?: string }[] };
    expect([code, findings.flatMap(({ cause }) => cause ?? [])]).toEqual([1, ['not-permitted']]);
  });

  it('leaves a running agent alone when a command changes nothing', async () => {
    const before = await mainProcess();
    await inside('edufleet-agent', 'enrol', '--help');
    const { code } = await machine.run('edufleet-agent', [
      'enrol',
      '--hub',
      'https://127.0.0.1:1',
      '--voucher',
      'EF1-X',
    ]);
    expect([code > 0, await mainProcess()]).toEqual([true, before]);
  });

  it('can do what needs the parts that are loaded late, and the other script', async () => {
    await using camera = await startOnvifCamera({ credentials: null });
    const { host, port } = camera.address;
    const { out, err } = await machine.run(
      'edufleet-agent',
      ['probe', `${host}:${port}`, '--family', 'onvif-camera', '--lang', 'en'],
      { EDUFLEET_NETWORK__ALLOW: '["127.0.0.1"]' },
    );
    expect(out + err).toMatch(/✓ Connection[\s\S]*Second opinion \(node-onvif\)[\s\S]*Both programs read the camera/);
  });

  it('is started again when its core stands still', async () => {
    const overrides = '[Service]\nWatchdogSec=2\nRestartSec=100ms\n';
    mkdirSync(machine.path('/etc/systemd/system/edufleet-agent.service.d'), { recursive: true });
    writeFileSync(machine.path('/etc/systemd/system/edufleet-agent.service.d/fast.conf'), overrides);
    await inside('systemctl', 'daemon-reload');
    await inside('systemctl', 'restart', 'edufleet-agent');
    const before = await mainProcess();
    // It beats: a watchdog of two seconds lets it live.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect([await mainProcess(), await shown('NRestarts')]).toEqual([before, '0']);
    await inside('kill', '-STOP', String(before));
    await until(
      'systemd starts it again',
      20_000,
      async () => (await shown('NRestarts')) === '1' && (await shown('ActiveState')) === 'active',
    );
    expect(await mainProcess()).not.toBe(before);
    expect(await inside('journalctl', '-u', 'edufleet-agent', '--no-pager', '-q')).toContain('Watchdog timeout');
    await inside('rm', '-r', '/etc/systemd/system/edufleet-agent.service.d');
    await inside('systemctl', 'daemon-reload');
  });

  it('keeps who it is, and what was set, when the package is updated, or removed and comes again', async () => {
    const [before] = await agents();
    const settings = JSON.stringify({ dataDir: '/var/lib/edufleet-agent', network: { allow: ['10.1.0.0/16'] } });
    writeFileSync(machine.path('/etc/edufleet/agent.json'), settings);
    const updated = Date.now();
    await install();
    expect((await online(updated)).id).toBe(before?.id);
    expect(readFileSync(machine.path('/etc/edufleet/agent.json'), 'utf8')).toBe(settings);
    await inside('dpkg', '-r', 'edufleet-agent');
    expect(await inside('ls', '/var/lib/edufleet-agent/identity')).toContain('key.pem');
    const again = Date.now();
    await install();
    expect((await online(again)).id).toBe(before?.id);
  });

  it('costs little: size, start and memory beside an empty Node (printed, not judged)', async () => {
    const home = '/usr/lib/edufleet-agent';
    const bundle = globSync('usr/lib/edufleet-agent/**/*.{mjs,js}', { cwd: tree }).reduce(
      (sum, path) => sum + statSync(join(tree, path)).size,
      0,
    );
    await inside('sh', '-c', 'echo >/tmp/empty.mjs');
    const best = async (program: string, ...args: readonly string[]) => {
      let least = Number.POSITIVE_INFINITY;
      for (let n = 0; n < 5; n++) {
        const began = performance.now();
        await inside(program, ...args);
        least = Math.min(least, performance.now() - began);
      }
      return least;
    };
    const starts = {
      empty: await best(`${home}/node`, '/tmp/empty.mjs'),
      version: await best('edufleet-agent', '--version'),
    };
    const ready =
      (Number(await shown('ActiveEnterTimestampMonotonic')) - Number(await shown('ExecMainStartTimestampMonotonic'))) /
      1_000;
    const idle = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const rss = (status: string) => Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024;
    const memory = {
      empty: rss(readFileSync(`/proc/${idle.pid}/status`, 'utf8')),
      agent: rss(await inside('cat', `/proc/${await mainProcess()}/status`)),
    };
    idle.kill();
    console.log(
      [
        `package: bundle ${megabytes(bundle)}, .deb packed fast ${megabytes(statSync(deb).size)}`,
        `start: empty Node ${starts.empty.toFixed(0)} ms, edufleet-agent --version ${starts.version.toFixed(0)} ms (ratio ${(starts.version / starts.empty).toFixed(2)}), to READY ${ready.toFixed(0)} ms`,
        `memory: empty Node ${megabytes(memory.empty)}, agent ${megabytes(memory.agent)} (ratio ${(memory.agent / memory.empty).toFixed(2)})`,
      ].join('\n'),
    );
    expect(memory.agent).toBeGreaterThan(memory.empty);
  });

  it('leaves nothing when it is purged', async () => {
    await inside('dpkg', '--purge', 'edufleet-agent');
    const left = await inside(
      'find',
      '/etc',
      '/usr/bin',
      '/usr/lib',
      '/usr/share',
      '/var/lib',
      '/var/cache',
      '/run',
      '-xdev',
      '-iname',
      '*edufleet*',
      '-not',
      '-path',
      '*/edufleet-judges*',
    );
    expect(left).toBe('');
    const { code } = await machine.run('getent', ['passwd', 'edufleet-agent']);
    expect([code, (await machine.run('getent', ['group', 'edufleet-agent'])).code]).toEqual([2, 2]);
    expect((await machine.run('dpkg-query', ['-W', 'edufleet-agent'])).code).toBe(1);
  });
});
