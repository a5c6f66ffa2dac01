import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

/** A PostgreSQL server of the system's packages, in its own folder, on a unix socket only. */
export interface PostgresServer extends AsyncDisposable {
  /** Of the postmaster. */
  readonly pid: number;
  /** URL of a database that is made now. */
  createDatabase(name: string): Promise<string>;
  /** SIGKILL, as a crash. */
  crash(): Promise<void>;
  /** Starts it again on the same data. */
  start(): Promise<void>;
}

/** PostgreSQL refuses to run as root; `nobody` exists everywhere. */
const nobody = 65_534;
const installRoot = '/usr/lib/postgresql';

/** Folder of the newest installed server's programs; tries Debian's package once when there is none. */
export function postgresPrograms(): string | undefined {
  const find = () =>
    existsSync(installRoot)
      ? readdirSync(installRoot)
          .sort((a, b) => Number(b) - Number(a))
          .map((version) => join(installRoot, version, 'bin'))
          .find((folder) => existsSync(join(folder, 'initdb')))
      : undefined;
  const found = find();
  if (found || process.getuid?.() !== 0) return found;
  try {
    execFileSync('apt-get', ['install', '-y', '-qq', 'postgresql'], { stdio: 'ignore', timeout: 120_000 });
  } catch {
    return undefined;
  }
  return find();
}

/** Starts a server with durable commits. Throws when there are no programs. */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const programs = postgresPrograms();
  if (!programs) throw new Error('no PostgreSQL server programs under /usr/lib/postgresql');
  const folder = mkdtempSync(join(tmpdir(), 'edufleet-pg-'));
  const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  if (user.uid !== undefined) chownSync(folder, nobody, nobody);
  const data = join(folder, 'data');
  execFileSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...user, stdio: 'ignore', cwd: folder, env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' } },
  );
  let server: ChildProcess | undefined;
  const url = (database: string) => `postgresql://postgres@localhost/${database}?host=${encodeURIComponent(folder)}`;
  const options = [
    `unix_socket_directories=${folder}`,
    'listen_addresses=',
    'max_connections=60',
    'shared_buffers=128MB',
    ...settings,
  ].flatMap((setting) => ['-c', setting]);
  const start = async () => {
    for (let attempt = 1; ; attempt++) {
      const started = spawn(join(programs, 'postgres'), ['-D', data, ...options], {
        ...user,
        cwd: folder,
        stdio: 'ignore',
      });
      server = started;
      if (await answers(url('postgres'), started)) return;
      // After a crash its old children hold the shared memory for a moment.
      if (attempt >= 20) throw new Error(`postgres ended with ${started.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const end = async (signal: NodeJS.Signals) => {
    const running = server;
    server = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    const children = childrenOf(running.pid ?? 0);
    running.kill(signal);
    await exited;
    // A backend outlives a killed postmaster for a moment, and may still commit what it has in hand.
    while (children.some((pid) => existsSync(`/proc/${pid}`))) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await start();
  return {
    start,
    get pid() {
      return server?.pid ?? 0;
    },
    crash: () => end('SIGKILL'),
    createDatabase: async (name) => {
      await runOnce(url('postgres'), `create database ${name}`);
      return url(name);
    },
    [Symbol.asyncDispose]: async () => {
      // SIGINT is a fast shutdown: open connections are ended.
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Processes whose parent this one is (proc(5)). */
function childrenOf(parent: number): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return Number(fields[1]) === parent;
    } catch {
      return false;
    }
  });
}

/** Whether it came up; false when it ended. */
async function answers(url: string, server: ChildProcess): Promise<boolean> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (server.exitCode !== null) return false;
    try {
      await runOnce(url, 'select 1');
      return true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error('postgres does not answer');
}

async function runOnce(url: string, text: string): Promise<void> {
  const client = new Client(url);
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
