import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import { repositoryRoot } from '../support/modules.ts';

/** A program of ours as one bundled file in a process of its own, as an agent is shipped. */
export interface BundledChild extends AsyncDisposable {
  readonly pid: number;
  /** The next message that it sends. */
  next<T>(): Promise<T>;
  /** Sends a message and gives the one that comes back. */
  ask<T>(message: object | string): Promise<T>;
}

/** `require` for the packages inside that are no modules of ECMAScript. */
const banner = `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`;

/** Bundles `file`, named from the repository root, into `folder`, and starts it. */
export async function startBundled(file: string, folder: string, args: readonly string[] = []): Promise<BundledChild> {
  const outfile = join(folder, file.replace(/^.*\//, '').replace(/\.ts$/, '.mjs'));
  await build({
    entryPoints: [join(repositoryRoot, file)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner: { js: banner },
    // One dialect of ECMAScript modules asks for this where it is installed; we have none of it.
    external: ['bufferutil', 'utf-8-validate', 'osx-temperature-sensor'],
    logLevel: 'error',
  });
  const child = fork(outfile, [...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
  const next = async <T>(): Promise<T> => {
    const ended = new AbortController();
    const gone = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
      throw new Error(`${file} ended with ${code}`);
    });
    try {
      const [message] = (await Promise.race([once(child, 'message', { signal: ended.signal }), gone])) as [T];
      return message;
    } finally {
      ended.abort();
      gone.catch(() => {});
    }
  };
  return {
    pid: child.pid ?? 0,
    next,
    ask: (message) => {
      const answer = next();
      child.send(message);
      return answer as never;
    },
    [Symbol.asyncDispose]: () => endOf(child),
  };
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(timer);
}
