import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drivers } from '../../../agent/devices/registry.ts';
import { needsOf } from '../../../agent/doctor/device-look.ts';
import { doorCauseOf } from '../../../agent/doctor/hub-look.ts';
import { holderOf, lookAtFolder, lookAtPort, lookForAgent } from '../../../agent/doctor/machine-look.ts';
import { lookAtOutbox } from '../../../agent/doctor/outbox-look.ts';
import { createLifeCheck } from '../../../agent/health/sign-of-life.ts';
import { openDatabase } from '../../../agent/uplink/database.ts';
import { Outbox } from '../../../agent/uplink/outbox.ts';
import { FatalError, RecoverableError } from '../../../protocols/errors.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';
import { recordOf } from '../../support/records.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('what the doctor sees of the machine', () => {
  it('reads the outbox of an agent that runs, and leaves nothing behind', async () => {
    const room = await lookAtFolder(folder);
    expect(lookAtOutbox(folder, room)).toEqual({ outbox: { state: 'absent' }, devices: [] });
    expect(await lookForAgent(folder)).toEqual({ state: 'stopped' });
    {
      using database = openDatabase(join(folder, 'outbox.db'));
      using outbox = new Outbox({ database, clock: systemClock });
      await outbox.enqueue('state', [recordOf('state', 1), recordOf('state', 2)]);
      createLifeCheck(database, systemClock)();
      // First: a process that closes a file gives up its locks on it, and here both ends are one process.
      expect(await lookForAgent(folder)).toEqual({ state: 'running', pid: process.pid });
      const look = lookAtOutbox(folder, room);
      expect(look.outbox).toMatchObject({ state: 'read', lanes: { state: { pending: 2 }, urgent: { pending: 0 } } });
      expect(look.outbox).toMatchObject({ aliveAt: expect.closeTo(Date.now(), -5) });
    }
    expect(await lookForAgent(folder)).toEqual({ state: 'stopped' });
  });

  it('makes no copy where there is no room for one', async () => {
    openDatabase(join(folder, 'outbox.db'))[Symbol.dispose]();
    const full = { state: 'writable', freeBytes: 1e6, totalBytes: 1e9, freeFiles: 100 } as const;
    expect(lookAtOutbox(folder, full)).toMatchObject({ outbox: { state: 'unseen' }, devices: undefined });
  });

  it('finds the holder of a file among all locks', () => {
    const locks = [
      '1: FLOCK  ADVISORY  WRITE 11 fe:00:131 0 EOF',
      '2: POSIX  ADVISORY  READ 12 fe:00:1310 1073741826 1073742335',
      '2: -> POSIX  ADVISORY  WRITE 13 fe:00:1310 0 EOF',
    ].join('\n');
    expect([131, 1310, 13].map((inode) => holderOf(inode, locks))).toEqual([11, 12, undefined]);
    expect(holderOf(statSync(folder).ino, '')).toBeUndefined();
  });

  it('tells a folder that is absent', async () => {
    expect(await lookAtFolder(join(folder, 'none'))).toEqual({ state: 'absent' });
  });

  it('tells a port that somebody has from one that is free, and keeps neither', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    expect(await lookAtPort({ host: '127.0.0.1', port })).toBe('taken');
    await new Promise((resolve) => server.close(resolve));
    expect(await lookAtPort({ host: '127.0.0.1', port })).toBe('free');
    expect(await lookAtPort({ host: '192.0.2.1', port })).toBe('unusable');
  });
});

describe('why a door of the hub is shut', () => {
  const wrapped = (code: string, kind = 'hub-unreachable') =>
    new RecoverableError(kind, 'x', { cause: Object.assign(new Error('y'), { code }) });

  it.each([
    ['refused', wrapped('ECONNREFUSED')],
    ['unreachable', wrapped('ENETUNREACH')],
    ['no-answer', new RecoverableError('timeout', 'x')],
    ['not-trusted', wrapped('SELF_SIGNED_CERT_IN_CHAIN', 'hub-not-trusted')],
    ['not-trusted', wrapped('ERR_TLS_CERT_ALTNAME_INVALID', 'hub-not-trusted')],
    ['wrong-time', wrapped('CERT_NOT_YET_VALID', 'hub-not-trusted')],
    ['rejected', wrapped('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')],
    ['rejected', new FatalError('rejected', 'x', { cause: new Error('closed') })],
    ['not-secure', wrapped('ECONNRESET')],
    ['not-secure', wrapped('ERR_SSL_WRONG_VERSION_NUMBER')],
  ] as const)('is %s', (cause, error) => {
    expect(doorCauseOf(error)).toBe(cause);
  });
});

describe('what devices need of the machine', () => {
  const device = (family: string, settings = {}) => ({ id: family, family, name: family, settings });

  it('is told by their families, by the settings of each', () => {
    const wanted = [
      device('server-bmc'),
      device('server-bmc', { wire: 'ipmi' }),
      device('vr-headset'),
      device('generic-mqtt', { dialect: 'tasmota', topic: 'plug' }),
      device('onvif-camera', { events: 'broker' }),
      device('pjlink-projector'),
      device('unheard-of'),
    ];
    expect(needsOf(wanted, drivers).map(({ needs }) => needs.map(({ kind }) => kind))).toEqual([
      ...[[], ['program'], ['server'], ['broker'], ['broker'], [], []],
    ]);
  });

  it('is nothing where the settings are not taken', () => {
    expect(needsOf([device('server-bmc', { wire: 'telepathy' })], drivers)[0]?.needs).toEqual([]);
  });
});
