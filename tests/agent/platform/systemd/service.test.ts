import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServicePort } from '../../../../agent/platform/systemd/service.ts';
import { type Log, silentLog } from '../../../../protocols/ports.ts';
import { systemClock } from '../../../../provisioning/platform/clock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'notify-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program in the place of systemd's, which writes down how it was called. */
function standIn(ending = ''): void {
  const program = join(folder, 'systemd-notify');
  writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET|$HOME|$*" >>'${folder}/calls'\n${ending}\n`);
  chmodSync(program, 0o755);
}

const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n');

function serviceWith(environment: Record<string, string>, log: Log = silentLog) {
  return createServicePort({ environment, clock: systemClock, log, searchPath: `${folder}:/usr/bin:/bin` });
}

describe('a service of systemd', () => {
  it('tells systemd by its own program, which learns nothing but the socket', async () => {
    standIn();
    const service = serviceWith({ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '120000000', HOME: '/root' });
    await service.notify({ state: 'ready' });
    await service.notify({ state: 'alive', status: 'one\nline' });
    await service.notify({ state: 'stopping' });
    await service.notify({});
    expect(service.watchdogMs).toBe(120_000);
    expect(calls()).toEqual(['/run/x||READY=1', '/run/x||WATCHDOG=1 STATUS=one line', '/run/x||STOPPING=1']);
  });

  it('says nothing where nobody asked for it', async () => {
    standIn();
    const service = serviceWith({ WATCHDOG_USEC: '120000000' });
    await service.notify({ state: 'ready' });
    expect(service.watchdogMs).toBeUndefined();
    expect(calls).toThrow(/ENOENT/);
  });

  it('takes no watchdog that is meant for another process', () => {
    const environment = { NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '120000000' };
    expect(serviceWith({ ...environment, WATCHDOG_PID: String(process.pid) }).watchdogMs).toBe(120_000);
    expect(serviceWith({ ...environment, WATCHDOG_PID: '1' }).watchdogMs).toBeUndefined();
    expect(serviceWith({ ...environment, WATCHDOG_USEC: 'soon' }).watchdogMs).toBeUndefined();
  });

  it.each([
    ['is not installed', () => {}, /not installed/],
    ['fails', () => standIn('echo no such socket >&2; exit 3'), /ended with 3: no such socket/],
  ])('goes on when the program %s, and says so', async (_name, prepare, expected) => {
    prepare();
    const warnings: string[] = [];
    const warn: Log['warn'] = (message, fields) => void warnings.push(`${message}: ${String(fields?.['error'])}`);
    const log: Log = { ...silentLog, warn };
    // Without a stand-in none is found: this search path has no systemd.
    const environment = { NOTIFY_SOCKET: '/run/x' };
    const service = createServicePort({ environment, clock: systemClock, log, searchPath: folder });
    await service.notify({ state: 'ready' });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(expected);
  });
});
