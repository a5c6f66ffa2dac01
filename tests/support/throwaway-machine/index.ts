import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What a program said and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * A machine to install things on: this one's root below a layer in memory, with its own systemd, processes and users, and this
 * machine's network. What is done to it is gone with it.
 */
export interface ThrowawayMachine extends AsyncDisposable {
  /** Runs a program there as root, with its own environment. */
  run(program: string, args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** A path of that machine, for programs of this one. */
  path(inside: string): string;
}

const programs = ['/bin/bash', '/usr/bin/unshare', '/usr/bin/nsenter', '/usr/bin/setpriv', '/lib/systemd/systemd'];

/** Whether this machine can make one: Linux with systemd's files, and root. */
export const canMakeMachine = process.platform === 'linux' && process.getuid?.() === 0 && programs.every(isThere);

function isThere(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export async function startThrowawayMachine(): Promise<ThrowawayMachine> {
  const place = mkdtempSync(join(tmpdir(), 'throwaway-'));
  const starter = spawn('/bin/bash', [join(import.meta.dirname, 'start.sh'), place], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  createInterface({ input: starter.stderr }).on('line', (line) => said.push(line));
  const ended = once(starter, 'exit');
  const [first] = (await Promise.race([
    once(createInterface({ input: starter.stdout }), 'line'),
    ended.then(() => Promise.reject(new Error(`no throwaway machine: ${said.join('\n')}`))),
  ])) as [string];
  const run: ThrowawayMachine['run'] = (program, args, environment = {}) => enter(first, program, args, environment);
  const machine: ThrowawayMachine = {
    run,
    path: (inside) => `/proc/${first}/root${inside}`,
    [Symbol.asyncDispose]: async () => {
      starter.stdin.end();
      await ended;
      rmSync(place, { recursive: true, force: true });
    },
  };
  for (let tries = 0; tries < 100; tries++) {
    const { out } = await run('systemctl', ['is-active', 'basic.target']);
    if (out.trim() === 'active') return machine;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await machine[Symbol.asyncDispose]();
  throw new Error(`the throwaway machine does not come up: ${said.join('\n')}`);
}

function enter(
  first: string,
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const enterArgs = ['-t', first, '-m', '-p', '-i', '-u', '-C', '-r', '-w', program, ...args];
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    DEBIAN_FRONTEND: 'noninteractive',
    ...environment,
  };
  return new Promise((resolve) => {
    execFile('/usr/bin/nsenter', enterArgs, { env, timeout: 60_000, maxBuffer: 16 * 1024 * 1024 }, (error, out, err) =>
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : -1) : 0, out, err }),
    );
  });
}
