import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** OBS Studio of Debian with its WebSocket plugin, and a screen that nobody looks at. */
export const hasObs =
  existsSync('/usr/bin/obs') &&
  existsSync('/usr/bin/Xvfb') &&
  globSync('/usr/lib/*/obs-plugins/obs-websocket.so').length > 0;

/** OBS as its own process. It listens on every interface, so it gets a network of its own where that is possible. */
export interface RealObs extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  readonly password: string;
  /** Where it records to. */
  readonly folder: string;
  /** An address of this machine that OBS can reach. */
  readonly neighbour: string;
  /** SIGKILL, by its pid. */
  kill(): Promise<void>;
  /** Starts it again with what it has stored. */
  start(): Promise<void>;
}

/** Where OBS lives: its own namespace behind a cable, or, without the right to make one, this machine and a free port. */
interface Place extends AsyncDisposable {
  readonly host: string;
  readonly neighbour: string;
  readonly port: number;
  /** What comes before a program so that it runs there. */
  readonly enter: readonly string[];
}

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const readyMs = 60_000;

/** Starts OBS without privileges in a folder of its own. Throws with the end of its log when it does not come up. */
export async function startObs(): Promise<RealObs> {
  const place = await createPlace();
  const folder = await createFolder(place.port);
  const password = folder.password;
  const screen = await startScreen(place, folder.path);
  let obs: ChildProcess | undefined;

  const start = async () => {
    const command = [
      '/usr/bin/obs',
      '--multi',
      '--disable-updater',
      '--disable-missing-files-check',
      '--minimize-to-tray',
    ];
    obs = run(place, folder.path, command, { DISPLAY: screen.display });
    await ready(place, obs);
  };
  const kill = async () => {
    await end(obs);
    obs = undefined;
  };
  const real: RealObs = {
    address: { host: place.host, port: place.port },
    password,
    folder: folder.path,
    neighbour: place.neighbour,
    start,
    kill,
    [Symbol.asyncDispose]: async () => {
      await kill();
      await end(screen.process);
      await place[Symbol.asyncDispose]();
      await rm(folder.path, { recursive: true, force: true });
    },
  };
  try {
    await start();
    return real;
  } catch (thrown) {
    await real[Symbol.asyncDispose]();
    throw thrown;
  }
}

async function createPlace(): Promise<Place> {
  const name = `edufleet-obs-${process.pid}`;
  const cable = `obs${process.pid}`;
  const net = `10.213.${randomInt(1, 255)}`;
  const steps = [
    ['netns', 'add', name],
    ['link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name],
    ['addr', 'add', `${net}.1/30`, 'dev', cable],
    ['link', 'set', cable, 'up'],
    ['-n', name, 'addr', 'add', `${net}.2/30`, 'dev', 'eth0'],
    ['-n', name, 'link', 'set', 'eth0', 'up'],
    ['-n', name, 'link', 'set', 'lo', 'up'],
  ];
  const isOwn = isRoot && steps.every((step) => spawnSync('ip', step, { stdio: 'ignore' }).status === 0);
  const remove = async () => {
    // The cable goes with its end.
    if (isRoot) spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
  };
  if (isOwn) {
    const enter = ['ip', 'netns', 'exec', name];
    return { host: `${net}.2`, neighbour: `${net}.1`, port: 4455, enter, [Symbol.asyncDispose]: remove };
  }
  await remove();
  const port = await freePort();
  return { host: '127.0.0.1', neighbour: '127.0.0.1', port, enter: [], [Symbol.asyncDispose]: async () => {} };
}

async function createFolder(port: number): Promise<{ readonly path: string; readonly password: string }> {
  const path = await mkdtemp(join(tmpdir(), 'edufleet-obs-'));
  const password = `test-${randomInt(1_000_000, 9_999_999)}`;
  const settings = [
    '[General]',
    'FirstRun=true',
    'EnableAutoUpdates=false',
    '[OBSWebSocket]',
    'FirstLoad=false',
    'ServerEnabled=true',
    `ServerPort=${port}`,
    'AlertsEnabled=false',
    'AuthRequired=true',
    `ServerPassword=${password}`,
    '',
  ];
  const folders = [path, join(path, 'config'), join(path, 'config/obs-studio'), join(path, 'run')];
  for (const folder of folders) await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(path, 'config/obs-studio/global.ini');
  await writeFile(file, settings.join('\n'));
  if (isRoot) for (const each of [...folders, file]) await chown(each, nobody, nobody);
  return { path, password };
}

async function startScreen(place: Place, folder: string): Promise<{ process: ChildProcess; display: string }> {
  const command = [
    '/usr/bin/Xvfb',
    '-displayfd',
    '1',
    '-screen',
    '0',
    '1280x720x24',
    '+extension',
    'GLX',
    '-nolisten',
    'tcp',
  ];
  const screen = run(place, folder, command, {});
  const [number] = (await once(screen.stdout ?? screen, 'data')) as [Buffer];
  return { process: screen, display: `:${number.toString().trim()}` };
}

function run(place: Place, folder: string, command: readonly string[], env: Record<string, string>): ChildProcess {
  const asNobody = isRoot ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'] : [];
  // Each of these becomes the next one, so the pid is that of the program.
  const [program = '', ...args] = [...place.enter, ...asNobody, ...command];
  const child = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: folder,
      XDG_CONFIG_HOME: join(folder, 'config'),
      XDG_RUNTIME_DIR: join(folder, 'run'),
      LIBGL_ALWAYS_SOFTWARE: '1',
      QT_QPA_PLATFORM: 'xcb',
      ...env,
    },
  });
  child.stderr?.resume();
  return child;
}

async function ready(place: Place, obs: ChildProcess): Promise<void> {
  let log = '';
  obs.stdout?.on('data', (bytes: Buffer) => {
    log = (log + bytes.toString()).slice(-4_000);
  });
  const endsAt = performance.now() + readyMs;
  while (!(await isListening(place))) {
    if (obs.exitCode !== null || performance.now() > endsAt) throw new Error(`OBS does not come up:\n${log}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function isListening({ host, port }: Place): Promise<boolean> {
  const socket = connect({ host, port, timeout: 1_000 });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address ? address.port : 0;
}

/** Whether a file begins as Matroska does. */
export async function isMatroska(path: string): Promise<boolean> {
  return (await readFile(path)).subarray(0, 4).equals(Buffer.from('1a45dfa3', 'hex'));
}
