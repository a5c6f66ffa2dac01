import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLifeCheck, startSignsOfLife } from '../../../agent/health/sign-of-life.ts';
import type { Notice, ServicePort } from '../../../agent/platform/systemd/service.ts';
import { type AgentDatabase, openDatabase } from '../../../agent/uplink/database.ts';
import { readDatabaseCopy, readSetting } from '../../../agent/uplink/database-copy.ts';
import { FatalError, RecoverableError } from '../../../protocols/errors.ts';
import { type Log, silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'life-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function serviceOf(watchdogMs: number | undefined) {
  const notices: Notice[] = [];
  const service: ServicePort = { watchdogMs, notify: async (notice) => void notices.push(notice) };
  return { service, notices };
}

describe('signs of life', () => {
  it('are given three times in the time of the watchdog, and end without a timer', async () => {
    const clock = createFakeClock();
    const { service, notices } = serviceOf(120_000);
    const signs = startSignsOfLife({ service, signOfLife: () => 'well', clock, log: silentLog });
    await clock.advance(126_000);
    expect(notices).toEqual(Array.from({ length: 4 }, () => ({ state: 'alive', status: 'well' })));
    await signs[Symbol.asyncDispose]();
    await clock.advance(500_000);
    expect([notices.length, clock.pending]).toEqual([4, 0]);
  });

  it('fall silent as long as the core does not work, and say so in the log', async () => {
    const clock = createFakeClock();
    const { service, notices } = serviceOf(60_000);
    const errors: string[] = [];
    const log: Log = { ...silentLog, error: (message) => void errors.push(message) };
    let isWell = true;
    const signOfLife = () => {
      if (!isWell) throw new FatalError('outbox-corrupt', 'damaged');
      return 'well';
    };
    await using _signs = startSignsOfLife({ service, signOfLife, clock, log });
    await clock.advance(5_000);
    isWell = false;
    await clock.advance(200_000);
    expect([notices.length, errors.length]).toEqual([1, 10]);
    isWell = true;
    await clock.advance(20_000);
    expect(notices.length).toBe(2);
  });
});

describe('the check of the core', () => {
  it('writes into the outbox file, where it is seen from outside while the agent runs', () => {
    const clock = createFakeClock(1_700_000_000_000);
    using database = openDatabase(join(folder, 'outbox.db'));
    expect(createLifeCheck(database, clock)()).toBeUndefined();
    expect(readDatabaseCopy(folder, (sql) => readSetting(sql, 'alive'))).toBe('1700000000000');
  });

  it('is passed by a full disk, which no new start would cure, and failed by a file that is gone', () => {
    using database = openDatabase(join(folder, 'outbox.db'));
    const failing = (error: Error): AgentDatabase => ({
      ...database,
      sql: database.sql,
      transaction: () => {
        throw error;
      },
    });
    const full = createLifeCheck(failing(new RecoverableError('disk-full', 'the disk is full')), createFakeClock());
    expect(full()).toBe('the disk is full');
    const corrupt = createLifeCheck(failing(new FatalError('outbox-corrupt', 'damaged')), createFakeClock());
    expect(corrupt).toThrow(/damaged/);
  });
});
