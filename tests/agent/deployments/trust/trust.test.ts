import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkArtifact } from '../../../../agent/deployments/trust/content.ts';
import { nodeDisk, type TrustDisk } from '../../../../agent/deployments/trust/disk.ts';
import type { ReleaseFetch } from '../../../../agent/deployments/trust/source.ts';
import { ReleaseTrust, type TrustOptions } from '../../../../agent/deployments/trust/trust.ts';
import { silentLog } from '../../../../protocols/ports.ts';
import { openAuthority } from '../../../../provisioning/authority/index.ts';
import { systemClock } from '../../../../provisioning/platform/clock.ts';
import { signWith } from '../../../../provisioning/release/keys.ts';
import { buildRoot, metadataText } from '../../../../provisioning/release/metadata.ts';
import { vouchForRoot } from '../../../../provisioning/release/vouching.ts';
import { ReleaseRepository } from '../../../support/release-repository.ts';

const hour = 3_600_000;
const signal = new AbortController().signal;
let folder: string;
let repository: ReleaseRepository;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trust-'));
  repository = new ReleaseRepository(Date.now() - hour);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(options: Partial<TrustOptions> = {}): Promise<ReleaseTrust> {
  const { fetch } = repository;
  const packageRoot = repository.root(1);
  return ReleaseTrust.open({
    dataDir: folder,
    packageRoot,
    buildTimeMs: 0,
    clock: systemClock,
    log: silentLog,
    fetch,
    ...options,
  });
}

const refused = (reason: string) =>
  expect.objectContaining({ code: 'release-metadata-refused', details: { reason: expect.stringMatching(reason) } });

describe('release metadata of an agent', () => {
  it('knows what was released, and nothing else', async () => {
    const path = repository.release('firmware');
    const trust = await open();
    expect(() => trust.verify(path)).toThrow(expect.objectContaining({ code: 'release-metadata-missing' }));
    expect(await trust.refresh(signal)).toEqual({ changed: true });
    expect(trust.verify(path)).toMatchObject({ length: 8, custom: { name: 'camera', releaseCounter: 1 } });
    expect(() => trust.verify('toString')).toThrow(expect.objectContaining({ code: 'release-unknown' }));
    expect(await trust.refresh(signal)).toEqual({ changed: false });
    const again = await open();
    expect(again.verify(path)).toEqual(trust.verify(path));
  });

  it('refuses what was served before: replay, freeze, and a mix of old and new', async () => {
    const trust = await open();
    const old = repository.recorded();
    const oldTimestamp = repository.text('timestamp.json');
    const path = repository.release('new');
    await trust.refresh(signal);
    await expect(trust.refresh(signal, old)).rejects.toEqual(refused('BadVersion'));
    repository.release('newer', { version: '2.0.0', releaseCounter: 2 });
    const newest = [...repository.files.keys()].filter((name) => name.endsWith('.snapshot.json')).at(-1)!;
    repository.put(
      newest,
      repository.text([...repository.files.keys()].find((name) => name.endsWith('.snapshot.json'))!),
    );
    // Under the name that the timestamp asks for lies the snapshot of another moment, well signed.
    await expect(trust.refresh(signal)).rejects.toMatchObject({ code: 'release-metadata-refused' });
    expect(trust.verify(path).length).toBe(3);
    const frozen = new ReleaseRepository(Date.now() - 30 * hour);
    const stale = await open({ dataDir: join(folder, 'other'), packageRoot: frozen.root(1), fetch: frozen.fetch });
    await expect(stale.refresh(signal)).rejects.toEqual(refused('Expired'));
    expect(oldTimestamp).not.toBe(repository.text('timestamp.json'));
  });

  it('refuses changed targets, endless metadata and a changed artifact', async () => {
    const trust = await open();
    await trust.refresh(signal);
    repository.release('content');
    const name = `${repository.targetsVersion}.targets.json`;
    const good = repository.text(name);
    repository.put(name, good.replace('"length": 7', '"length": 9'));
    await expect(trust.refresh(signal)).rejects.toMatchObject({ code: 'release-metadata-refused' });
    let served = 0;
    const endless: ReleaseFetch = async () =>
      (async function* () {
        for (;;) {
          served += 65_536;
          yield new Uint8Array(65_536);
        }
      })();
    await expect(trust.refresh(signal, endless)).rejects.toMatchObject({ code: 'release-too-long' });
    expect(served).toBeLessThan(1_000_000);
    repository.put(name, good);
    await trust.refresh(signal);
    const file = join(folder, 'artifact');
    const { length, sha256 } = trust.verify([...Object.keys(JSON.parse(good).signed.targets)][0]!);
    for (const [content, code] of [
      ['content', undefined],
      ['c0ntent', 'artifact-tampered'],
      ['conten', 'artifact-tampered'],
      [`content${'x'.repeat(1_000_000)}`, 'artifact-tampered'],
    ] as const) {
      writeFileSync(file, content);
      const outcome = checkArtifact(file, { length, sha256 }, signal).then(
        () => undefined,
        (error) => error.code,
      );
      expect(await outcome).toBe(code);
    }
  });

  it('takes a root that two old and two new keys signed, three rotations later, and none that one key signed', async () => {
    const path = repository.release('old');
    const trust = await open();
    await trust.refresh(signal);
    for (let times = 0; times < 3; times++) repository.rotateRoot({ keys: repository.freshRootKeys() });
    repository.rotateOnline();
    expect(await trust.refresh(signal)).toEqual({ changed: true });
    expect(trust.versions?.root).toBe(5);
    expect(trust.verify(path).length).toBe(3);
    const keys = repository.freshRootKeys();
    repository.rotateRoot({ keys, signers: [repository.rootKeys[0]!, ...keys] });
    await expect(trust.refresh(signal)).rejects.toEqual(refused('Unsigned'));
    const forged = buildRoot(6, repository.keys, Date.now());
    for (const key of keys) signWith(forged, key);
    repository.put('6.root.json', metadataText(forged));
    await expect((await open()).refresh(signal)).rejects.toEqual(refused('Unsigned'));
    expect((await open()).versions?.root).toBe(5);
  });

  it('never installs below a floor that was signed, also when that metadata is gone', async () => {
    const old = repository.release('one');
    const trust = await open();
    await trust.refresh(signal);
    const new2 = repository.release('two', { version: '2.0.0', releaseCounter: 5, minReleaseCounter: 5 });
    await trust.refresh(signal);
    expect(trust.verify(new2).custom.releaseCounter).toBe(5);
    expect(() => trust.verify(old)).toThrow(expect.objectContaining({ code: 'release-below-floor' }));
    const releases = join(folder, 'releases');
    for (const name of readdirSync(releases).filter((each) => each.startsWith('generation')))
      rmSync(join(releases, name), { recursive: true });
    writeFileSync(join(releases, 'floor-a'), 'deadbeef {}\n');
    const bare = await open();
    expect(bare.floorOf({ component: 'device-firmware', name: 'camera' })).toBe(5);
    writeFileSync(join(releases, 'floor-a'), readFileSync(join(releases, 'floor-b')));
    writeFileSync(join(releases, 'floor-b'), '');
    expect((await open()).floorOf({ component: 'device-firmware', name: 'camera' })).toBe(5);
  });

  it('lives on after any of its files was cut to nothing or to a part', async () => {
    const path = repository.release('content');
    await (await open()).refresh(signal);
    const releases = join(folder, 'releases');
    const files = readdirSync(releases, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBe(7);
    for (const entry of files) {
      const file = join(entry.parentPath, entry.name);
      const whole = readFileSync(file);
      for (const length of [0, Math.floor(whole.length / 2)]) {
        writeFileSync(file, whole.subarray(0, length));
        const trust = await open();
        await trust.refresh(signal);
        expect(trust.verify(path).length).toBe(7);
      }
      writeFileSync(file, whole);
    }
  }, 60_000);

  it('starts from a root that the authority of its enrolment vouches for, and from no other', async () => {
    const path = repository.release('content');
    const authority = await openAuthority({ folder: join(folder, 'ca'), clock: systemClock });
    const foreign = await openAuthority({ folder: join(folder, 'foreign'), clock: systemClock });
    const voucher = { deviceCaPem: authority.deviceCaPem, signStatement: authority.signVoucher.bind(authority) };
    repository.put('vouched-root.json', await vouchForRoot(repository.root(1), voucher));
    const options = { packageRoot: undefined, enrolledRootPem: foreign.rootPem };
    await expect((await open(options)).refresh(signal)).rejects.toMatchObject({ code: 'release-root-untrusted' });
    await expect((await open({ packageRoot: undefined })).refresh(signal)).rejects.toMatchObject({
      code: 'release-root-missing',
    });
    const trust = await open({ ...options, enrolledRootPem: authority.rootPem });
    await trust.refresh(signal);
    expect(trust.verify(path).length).toBe(7);
    const other = new ReleaseRepository(Date.now() - hour);
    other.put('vouched-root.json', await vouchForRoot(other.root(1), voucher));
    await expect(trust.refresh(signal, other.fetch)).rejects.toMatchObject({ code: 'release-metadata-refused' });
  });

  it('does nothing while its clock stands before what is past', async () => {
    const trust = await open({ buildTimeMs: Date.now() + hour });
    await expect(trust.refresh(signal)).rejects.toMatchObject({ code: 'clock-behind' });
    repository.nowMs = Date.now() + hour;
    repository.freshen();
    await expect((await open()).refresh(signal)).rejects.toMatchObject({ code: 'clock-behind' });
  });

  it('keeps old or new, and its floor, when the disk fails at any step', async () => {
    const old = repository.release('one', { minReleaseCounter: 1 });
    const before = repository.recorded();
    await (await open()).refresh(signal);
    const next = repository.release('two', { version: '2.0.0', releaseCounter: 2, minReleaseCounter: 2 });
    const steps = await countSteps();
    expect(steps).toBeGreaterThan(15);
    for (let at = 1; at <= steps; at += process.env['EDUFLEET_EVERY_STEP'] ? 1 : 3) {
      rmSync(join(folder, 'releases'), { recursive: true });
      await (await open({ fetch: before })).refresh(signal);
      const { disk } = failing(at);
      await open({ disk })
        .then((trust) => trust.refresh(signal))
        .catch((error) => expect(error.code).toMatch(/release-storage-failed|ENOSPC/));
      const trust = await open();
      expect(trust.versions).toBeDefined();
      const floor = trust.floorOf({ component: 'device-firmware', name: 'camera' });
      expect(floor).toBeGreaterThanOrEqual(trust.versions!.targets === 3 ? 2 : 1);
      await trust.refresh(signal);
      expect(trust.verify(next).length).toBe(3);
      expect(() => trust.verify(old)).toThrow(expect.objectContaining({ code: 'release-below-floor' }));
    }

    async function countSteps(): Promise<number> {
      const counting = failing(Number.POSITIVE_INFINITY);
      await (await open({ disk: counting.disk })).refresh(signal);
      return counting.steps();
    }
  }, 120_000);
});

/** A disk that is full from the `at`th writing step on. */
function failing(at: number): { disk: TrustDisk; steps: () => number } {
  let step = 0;
  const disk = Object.fromEntries(
    Object.entries(nodeDisk).map(([name, work]) => [
      name,
      async (...args: string[]) => {
        const isWrite = name !== 'read' && name !== 'list';
        if (isWrite) step += 1;
        if (isWrite && name !== 'remove' && step >= at)
          throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', syscall: name });
        return await (work as (...all: string[]) => Promise<unknown>)(...args);
      },
    ]),
  ) as unknown as TrustDisk;
  return { disk, steps: () => step };
}
