import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderFetch } from '../../agent/deployments/trust/content.ts';
import { ReleaseTrust } from '../../agent/deployments/trust/trust.ts';
import { silentLog } from '../../protocols/ports.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { startChild } from '../support/child.ts';
import { ReleaseRepository } from '../support/release-repository.ts';

it('holds the old or the new metadata after a kill at any step of a refresh, and its floor never falls', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trust-kill-'));
  const signal = new AbortController().signal;
  const repository = new ReleaseRepository(Date.now() - 3_600_000);
  const stick = (name: string) => {
    const path = join(folder, name);
    mkdirSync(join(path, 'metadata'), { recursive: true });
    for (const [file, bytes] of repository.files) writeFileSync(join(path, 'metadata', file), bytes);
    return path;
  };
  const path = repository.release('one', { releaseCounter: 3, minReleaseCounter: 3 });
  const old = stick('old');
  repository.rotateRoot({ keys: repository.freshRootKeys() });
  repository.release('two', { version: '2.0.0', releaseCounter: 4, minReleaseCounter: 4 });
  const next = stick('new');
  const open = (dataDir: string) =>
    ReleaseTrust.open({
      dataDir,
      buildTimeMs: 0,
      packageRoot: repository.root(1),
      clock: systemClock,
      log: silentLog,
      fetch: folderFetch(next),
    });
  try {
    const begun = join(folder, 'begun');
    await (await open(begun)).refresh(signal, folderFetch(old));
    let survived = false;
    let kills = 0;
    for (let at = 1; !survived; at += 1) {
      const dataDir = join(folder, 'agent');
      rmSync(dataDir, { recursive: true, force: true });
      cpSync(begun, dataDir, { recursive: true });
      await using child = startChild('tests/support/trust-child.ts', [dataDir, next, String(at)]);
      survived = (await child.exited) === 0;
      if (!survived) kills += 1;
      const trust = await open(dataDir);
      const targets = trust.versions?.targets;
      expect([2, 3]).toContain(targets);
      const floor = trust.floorOf({ component: 'device-firmware', name: 'camera' });
      expect(floor).toBeGreaterThanOrEqual(targets === 3 ? 4 : 3);
      await trust.refresh(signal);
      expect(trust.versions?.targets).toBe(3);
      expect(() => trust.verify(path)).toThrow(expect.objectContaining({ code: 'release-below-floor' }));
    }
    expect(kills).toBeGreaterThan(20);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
