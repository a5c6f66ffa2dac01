import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { repositoryRoot } from './modules.ts';

/** A program of ours as its own process, so that it can be stopped or killed as in real life. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Lines of standard error (its log) so far, newest last, at most 5,000. */
  readonly log: readonly string[];
  /** Resolves with the first line of standard output that `wanted` turns into a value. */
  line<T>(wanted: (line: string) => T | undefined, timeoutMs: number): Promise<T>;
  /** SIGTERM, and SIGKILL after `graceMs`; resolves with the exit code, null when a signal ended it. */
  stop(graceMs?: number): Promise<number | null>;
  /** SIGTERM, without waiting. */
  terminate(): void;
  /** SIGKILL at once. */
  kill(): Promise<void>;
  readonly exited: Promise<number | null>;
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly onLog?: (line: string) => void;
}

/** Starts `node <file> <args>` with the Node of this process; file from the repository root. */
export function startChild(file: string, args: readonly string[], options: ChildOptions = {}): Child {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    cwd: repositoryRoot,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group: Ctrl-C reaches the starter alone, which stops its children in order.
    detached: true,
  });
  const log: string[] = [];
  const lines: string[] = [];
  const waiting = new Set<(line: string) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const wake of waiting) wake(line);
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.push(line);
    if (log.length > 5_000) log.shift();
    options.onLog?.(line);
  });
  const exited = exitOf(child);
  const stop = async (graceMs = 10_000): Promise<number | null> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    try {
      return await exited;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    pid: child.pid ?? 0,
    log,
    exited,
    stop,
    terminate: () => void child.kill('SIGTERM'),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    line: (wanted, timeoutMs) =>
      new Promise((resolve, reject) => {
        const fail = (why: string) =>
          reject(new Error(`${file} ${args.join(' ')}: ${why}\n${log.slice(-20).join('\n')}`));
        const timer = setTimeout(() => fail(`no such line within ${timeoutMs} ms`), timeoutMs);
        const look = (line: string) => {
          const value = wanted(line);
          if (value === undefined) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(value);
        };
        waiting.add(look);
        for (const line of lines) look(line);
        void exited.then((code) => {
          clearTimeout(timer);
          fail(`ended with ${code}`);
        });
      }),
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}
