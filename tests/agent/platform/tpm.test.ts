import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHostPort } from '../../../agent/platform/host/host.ts';
import { createTpmReader } from '../../../agent/platform/host/tpm.ts';
import type { Log } from '../../../protocols/ports.ts';
import { systemClock as clock } from '../../../provisioning/platform/clock.ts';

/** Debian's packages swtpm and tpm2-tools. */
const hasTpm = existsSync('/usr/bin/swtpm') && existsSync('/usr/bin/tpm2_createek');
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

/** A TPM 2.0 that is a program, in a folder of its own, on loopback and without privileges. */
async function startTpm() {
  const folder = await mkdtemp(join(tmpdir(), 'edufleet-tpm-'));
  if (isRoot) await chown(folder, nobody, nobody);
  const port = await freePair();
  const at = (number: number) => `type=tcp,port=${number},bindaddr=127.0.0.1`;
  const child = spawn(
    '/usr/bin/swtpm',
    [
      ...['socket', '--tpm2', '--tpmstate', `dir=${folder}`, '--flags', 'not-need-init,startup-clear'],
      ...['--server', at(port), '--ctrl', at(port + 1)],
    ],
    { cwd: folder, stdio: 'ignore', env: { PATH: '/usr/bin:/bin' }, ...(isRoot ? { uid: nobody, gid: nobody } : {}) },
  );
  const ended = new Promise((resolve) => child.once('close', resolve));
  return {
    tcti: `swtpm:host=127.0.0.1,port=${port}`,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** The TCTI of tpm2-tools looks for the control channel at the next port. */
async function freePair(): Promise<number> {
  for (let port = 20_000 + Math.floor(Math.random() * 10_000); ; port += 2) {
    const free = await Promise.all([isFree(port), isFree(port + 1)]);
    if (free.every(Boolean)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function createLines() {
  const lines: string[] = [];
  const write = (message: string) => lines.push(message);
  const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log };
  return { lines, log };
}

/** A program that has just been started takes a moment until it answers. */
async function untilTold(tcti: string): Promise<string> {
  const { log } = createLines();
  for (;;) {
    const key = await createTpmReader({ clock, log, tcti })(AbortSignal.timeout(5_000));
    if (key !== undefined) return key;
    await clock.wait(100);
  }
}

describe.runIf(hasTpm)('a TPM (swtpm, tpm2-tools)', () => {
  it('tells one key each time, and another one tells another', async () => {
    await using first = await startTpm();
    await using second = await startTpm();
    const key = await untilTold(first.tcti);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    const { log, lines } = createLines();
    const host = createHostPort({ clock, log, tcti: first.tcti });
    const signal = AbortSignal.timeout(15_000);
    expect((await host.facts(signal)).tpmKey).toBe(key);
    // This chip without a resource manager holds three keys at a time: a third question would be refused were it asked.
    for (const _ of [1, 2, 3]) expect((await host.facts(signal)).tpmKey).toBe(key);
    expect(lines).toEqual([]);
    expect(await untilTold(second.tcti)).not.toBe(key);
  });
});

describe('a machine without a TPM', () => {
  it('is known by the rest, and says why once', async () => {
    const { log, lines } = createLines();
    const read = createTpmReader({ clock, log, tcti: 'swtpm:host=127.0.0.1,port=1' });
    const signal = AbortSignal.timeout(10_000);
    expect([await read(signal), await read(signal)]).toEqual([undefined, undefined]);
    expect(lines).toHaveLength(1);
    if (!existsSync('/dev/tpmrm0')) expect(await createTpmReader({ clock, log })(signal)).toBeUndefined();
    expect(lines).toHaveLength(1);
  });
});
