import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleSchema } from '../../agent/capture/bundle.ts';
import type { Address } from '../../agent/platform/network.ts';
import { openDatabase } from '../../agent/uplink/database.ts';
import { DesiredStore } from '../../agent/uplink/desired-store.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { NetworkDeviceSimulator } from '../simulators/network-device/index.ts';
import { type OnvifCameraOptions, startOnvifCamera } from '../simulators/onvif-camera/index.ts';
import { ProjectorSimulator } from '../simulators/pjlink-projector.ts';
import { ReaderSimulator } from '../simulators/rfid-gate/index.ts';
import { repositoryRoot } from '../support/modules.ts';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Told {
  readonly ok: boolean;
  readonly steps: readonly {
    readonly name: string;
    readonly status: string;
    readonly cause?: string;
    readonly remedy?: string;
  }[];
  readonly secondOpinion?: { readonly verdict: string };
}

const password = 'Máy chiếu P7';
const allowed = '["127.0.0.0/8"]';
let folder: string;
let passwordFile: string;
let projector: ProjectorSimulator;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'probe-'));
  passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, `${password}\n`);
  projector = await ProjectorSimulator.start({ clock: systemClock, password });
});
afterAll(async () => {
  await projector[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function cli(args: readonly string[], { input = '', allow = allowed, data = folder } = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'agent/main.ts', ...args, '--data', data],
      {
        cwd: repositoryRoot,
        env: { PATH: process.env['PATH'] ?? '', HOME: folder, EDUFLEET_NETWORK__ALLOW: allow },
        timeout: 100_000,
      },
      (error, out, err) => resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err }),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

const at = ({ host, port }: Address) => `${host}:${port}`;
const probe = (address: string, ...flags: readonly string[]) => ['probe', address, ...flags];
const asProjector = ['--family', 'pjlink-projector'];

async function told(args: readonly string[], options?: Parameters<typeof cli>[1]): Promise<readonly [number, Told]> {
  const { code, out, err } = await cli([...args, '--json'], options);
  try {
    return [code, JSON.parse(out) as Told];
  } catch {
    throw new Error(`no JSON (${code}): ${out}${err}`);
  }
}

const failureOf = ({ steps }: Told) => {
  const step = steps.find(({ status }) => status === 'failed');
  return [step?.name, step?.cause];
};

describe('edufleet-agent probe', () => {
  it('tells every step of a device that answers, in Vietnamese unless asked otherwise', async () => {
    const args = probe(at(projector.address), ...asProjector, '--password-file', passwordFile);
    const { code, out, err } = await cli(args);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(
      /✓ Kết nối[\s\S]*✓ Chào hỏi[\s\S]*✓ Đăng nhập[\s\S]*vendor EPSON, model EB-2250U[\s\S]*Mọi bước/,
    );
    expect((await cli([...args, '--lang', 'en'])).out).toContain('Every step was answered.');
  });

  it('takes the password from standard input, and shows it nowhere', async () => {
    const args = probe(at(projector.address), ...asProjector, '--password-stdin');
    const { code, out, err } = await cli(args, { input: password });
    expect(code).toBe(0);
    expect(out + err).not.toContain(password);
  });

  it('tells a wrong password, and no password', async () => {
    const args = probe(at(projector.address), ...asProjector);
    const [code, wrong] = await told([...args, '--password-stdin'], { input: 'mat khau sai' });
    expect([code, ...failureOf(wrong)]).toEqual([1, 'sign-in', 'credentials-refused']);
    const [, missing] = await told(args);
    expect(failureOf(missing)).toEqual(['sign-in', 'credentials-missing']);
    expect(missing.steps.find(({ status }) => status === 'failed')?.remedy).toContain('--password-file');
  });

  it('tells a closed port, and an address that the local policy forbids', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const [code, closed] = await told(probe(`127.0.0.1:${port}`, ...asProjector));
    expect([code, ...failureOf(closed)]).toEqual([1, 'connect', 'refused']);
    const [, forbidden] = await told(probe(at(projector.address), ...asProjector), { allow: '["10.0.0.0/8"]' });
    expect(failureOf(forbidden)).toEqual(['policy', 'policy-unlisted']);
    const [, unknown] = await told(probe('no-such-host.invalid', ...asProjector));
    expect(failureOf(unknown)).toEqual(['name', 'name-unknown']);
  });

  it.each([
    ['silence', 'silent'],
    ['garbage', 'garbage'],
    ['hang-up', 'hung-up'],
  ] as const)('tells %s', async (fault, cause) => {
    await using broken = await ProjectorSimulator.start({ clock: systemClock, password });
    await broken.setFault(fault);
    const [code, answer] = await told(probe(at(broken.address), ...asProjector, '--password-file', passwordFile));
    expect([code, ...failureOf(answer)]).toEqual([1, 'greeting', cause]);
  });

  it('recognises a projector at a port that a person names, and a stranger as a stranger', async () => {
    const [code, answer] = await told([...probe(at(projector.address)), '--password-file', passwordFile]);
    expect([code, answer.ok]).toEqual([0, true]);
    await using reader = await ReaderSimulator.start({ clock: systemClock });
    const stranger = await cli(probe(at(reader.address), '--lang', 'en'));
    expect(stranger.code).toBe(1);
    expect(stranger.err).toContain('is open, but nothing is recognised');
    expect(reader.received, 'no byte of a foreign wire').toEqual([]);
    const { port } = reader.address;
    await reader[Symbol.asyncDispose]();
    const closed = await cli(probe(at({ host: '127.0.0.1', port }), '--lang', 'en'));
    expect([closed.code, closed.err]).toEqual([1, expect.stringContaining('is closed or silent')]);
  });

  it.each([
    ['a port that a person names', true],
    ['the usual ports', false],
  ])('guesses nothing about an address that the policy forbids, by %s', async (_, isNamed) => {
    const place = isNamed ? at(projector.address) : projector.address.host;
    const forbidden = await cli(probe(place, '--lang', 'en'), { allow: '["10.0.0.0/8"]' });
    expect([forbidden.code, forbidden.err]).toEqual([1, expect.stringContaining('outside the networks')]);
  });

  it.each<readonly [string, OnvifCameraOptions, string, string]>([
    ['both', {}, 'Lop hoc 7', 'both'],
    ['only ours where the camera wants HTTP digest', { signIn: 'digest' }, 'Lop hoc 7', 'only-ours'],
    ['nobody', {}, 'sai', 'nobody'],
  ])('asks node-onvif about a camera as well: %s', async (_, options, given, verdict) => {
    const credentials = { username: 'admin', password: 'Lop hoc 7' };
    await using camera = await startOnvifCamera({ seed: 1, credentials, discoveryPort: false, ...options });
    const args = probe(at(camera.address), '--family', 'onvif-camera', '--username', 'admin', '--password-stdin');
    const [code, answer] = await told(args, { input: given });
    expect([code, answer.secondOpinion?.verdict]).toEqual([verdict === 'nobody' ? 1 : 0, verdict]);
  });

  it.each([
    [['probe'], 'missing required argument'],
    [['probe', 'a b', '--family', 'pjlink-projector'], 'is no address'],
    [['probe', '127.0.0.1', '--family', 'nothing'], 'it knows'],
    [['probe', '127.0.0.1', '--family', 'interactive-board'], 'profile'],
    [['probe', '127.0.0.1', '--family', 'pjlink-projector', '--lang', 'fr'], 'vi or en'],
    [['capture', 'device-1', '--out', 'x.json'], 'no outbox'],
  ])('%j is a mistake of use', async (args, sentence) => {
    const { code, err } = await cli(args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });
});

describe('edufleet-agent capture', () => {
  it('writes a file without secrets, for its owner alone', async () => {
    const out = join(folder, 'projector.json');
    const { code } = await cli([
      'capture',
      at(projector.address),
      ...asProjector,
      '--password-file',
      passwordFile,
      '--out',
      out,
    ]);
    expect(code).toBe(0);
    const text = readFileSync(out, 'utf8');
    expect(bundleSchema.parse(JSON.parse(text)).isReplayable).toBe(true);
    for (const secret of [password, projector.state.serial]) expect(text).not.toContain(secret);
    expect(statSync(out).mode & 0o777).toBe(0o600);
  });

  it('takes a device of the agent by its id while the agent holds the outbox, and leaves no copy', async () => {
    await using device = await NetworkDeviceSimulator.start(systemClock, 'switch', 'cong-dong-truong');
    const data = mkdtempSync(join(tmpdir(), 'capture-id-'));
    using database = openDatabase(join(data, 'outbox.db'));
    new DesiredStore(database).accept({
      generation: 1,
      issuedAt: 1,
      refused: [],
      devices: [
        {
          id: 'switch-1',
          family: 'network-device',
          name: 'Switch phòng máy',
          address: device.address,
          credentials: { password: 'cong-dong-truong' },
          settings: { kind: 'switch' },
        },
      ],
    });
    const out = join(folder, 'switch.json');
    const { code, err } = await cli(['capture', 'switch-1', '--out', out], { data });
    expect([code, err]).toEqual([0, '']);
    const bundle = bundleSchema.parse(JSON.parse(readFileSync(out, 'utf8')));
    expect([bundle.device.name, bundle.family, bundle.failure]).toEqual([
      'Switch phòng máy',
      'network-device',
      undefined,
    ]);
    expect(readFileSync(out, 'utf8')).not.toContain('cong-dong-truong');
    const unknown = await cli(['capture', 'switch-2', '--out', out], { data });
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain('switch-1 (Switch phòng máy)');
    expect(readdirSync(data).filter((name) => name.startsWith('copy-'))).toEqual([]);
    rmSync(data, { recursive: true, force: true });
  });
});
