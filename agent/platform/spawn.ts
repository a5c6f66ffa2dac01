import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { FatalError, RecoverableError, toError } from '../../protocols/errors.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { ProgramCall, ProgramName, ProgramPort, ProgramResult } from './program.ts';

/** The Debian package that brings each program. */
const packages: Readonly<Record<ProgramName, string>> = { ipmitool: 'ipmitool' };

/** Where Debian keeps programs; the agent's own PATH is not trusted with it. */
export const systemPath = '/usr/sbin:/usr/bin:/sbin:/bin';

/** Programs in processes of their own, each the head of its own group, so that what it starts ends with it. */
export function createProgramPort(clock: Clock, searchPath: string = systemPath): ProgramPort {
  return { run: (call) => runProgram(call, clock, searchPath) };
}

async function runProgram(call: ProgramCall, clock: Clock, searchPath: string): Promise<ProgramResult> {
  const { program, environment } = call;
  const absent = () => missing(program);
  return await runToEnd({ ...call, environment: { ...environment, PATH: searchPath, LC_ALL: 'C' }, absent }, clock);
}

/** A script of ours in a Node of its own. It knows nothing of this process but `input`, which it reads from its standard input. */
interface ScriptCall extends Omit<Run, 'program' | 'args' | 'environment' | 'absent'> {
  readonly script: URL;
  readonly input: string;
}

/** Runs it to its end. Throws RecoverableError `timeout` | `response-too-large`. */
export async function runScript({ script, ...run }: ScriptCall, clock: Clock): Promise<ProgramResult> {
  const args = ['--disable-warning=DEP0005', '--disable-warning=ExperimentalWarning', fileURLToPath(script)];
  return await runToEnd(
    { ...run, program: process.execPath, args, environment: { PATH: systemPath }, absent: toError },
    clock,
  );
}

/** One run of a program by its path or its name on the PATH of `environment`. */
interface Run extends Omit<ProgramCall, 'program' | 'environment'> {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly input?: string;
  /** What is thrown when there is no such program. */
  readonly absent: (cause: unknown) => Error;
}

/** Runs it to its end, in a process group of its own. Throws what `absent` returns, RecoverableError `timeout` | `response-too-large`. */
export async function runToEnd(run: Run, clock: Clock): Promise<ProgramResult> {
  const { program, args, environment, input, timeoutMs, maxBytes, signal: outer } = run;
  outer?.throwIfAborted();
  using deadline = clock.deadline(timeoutMs, outer);
  const { signal } = deadline;
  const child = spawn(program, args, {
    env: environment,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  // A program that ends before it has read everything closes the pipe: what it says then counts.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const { promise, resolve, reject } = Promise.withResolvers<ProgramResult>();
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const end = (reason: Error) => {
    killGroup(child.pid);
    reject(reason);
  };
  for (const name of ['stdout', 'stderr'] as const) {
    let size = 0;
    child[name]?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) output[name].push(chunk);
      else end(new RecoverableError('response-too-large', `${program} writes more than ${maxBytes} bytes`));
    });
  }
  const onAbort = () => {
    const late = new RecoverableError('timeout', `${program} did not end within ${timeoutMs / 1_000} s`);
    end(outer?.aborted ? toError(outer.reason) : late);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  child.on('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? run.absent(error) : error));
  child.on('close', (exitCode) => {
    const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString('utf8');
    resolve({ exitCode: exitCode ?? -1, stdout: text(output.stdout), stderr: text(output.stderr) });
  });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function missing(program: ProgramName): FatalError {
  const install = `install the package ${packages[program]} on the agent's machine (apt install ${packages[program]})`;
  return new FatalError('program-missing', `${program} is not installed: ${install}`);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself between the deadline and now.
  }
}
