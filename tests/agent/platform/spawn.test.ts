import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProgramCall } from '../../../agent/platform/program.ts';
import { createProgramPort } from '../../../agent/platform/spawn.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edufleet-programs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Puts `script` where the program is looked for, and runs it. */
function run(script: string, call: Partial<ProgramCall> = {}) {
  const path = join(folder, 'ipmitool');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  const programs = createProgramPort(systemClock, `${folder}:/usr/bin:/bin`);
  return programs.run({ program: 'ipmitool', args: [], timeoutMs: 5_000, maxBytes: 1_000, ...call });
}

describe('programs', () => {
  it('gives output of both streams and the exit code', async () => {
    const result = await run('echo out "$1"; echo err >&2; exit 3', { args: ['a b; echo no'] });
    expect(result).toEqual({ exitCode: 3, stdout: 'out a b; echo no\n', stderr: 'err\n' });
  });

  it('passes what is given and nothing else of the environment', async () => {
    const { stdout } = await run('env', { environment: { IPMI_PASSWORD: 'secret' } });
    const names = stdout.split('\n').map((line) => line.split('=')[0]);
    expect(names).toContain('IPMI_PASSWORD');
    expect(names).not.toContain('HOME');
  });

  it('kills a program that does not end, with all that it started', async () => {
    const failure = await run('sleep 97 & echo $! > "$1"; wait', {
      args: [join(folder, 'child')],
      timeoutMs: 300,
    }).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'timeout' });
    const child = Number(readFileSync(join(folder, 'child'), 'utf8'));
    await expect.poll(() => isAlive(child)).toBe(false);
  });

  it('ends a program that writes too much', async () => {
    await expect(run('yes')).rejects.toMatchObject({ code: 'response-too-large' });
  });

  it('is ended by the caller, with his reason', async () => {
    const stop = new AbortController();
    const running = run('sleep 97', { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  });

  it('names the package of a program that is not there', async () => {
    const programs = createProgramPort(systemClock, folder);
    const running = programs.run({ program: 'ipmitool', args: [], timeoutMs: 5_000, maxBytes: 10 });
    await expect(running).rejects.toMatchObject({ code: 'program-missing', message: /apt install ipmitool/ });
  });
});

/** A killed orphan may stay as a zombie where nobody collects it. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
