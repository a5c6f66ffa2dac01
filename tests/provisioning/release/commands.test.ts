import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderFetch } from '../../../agent/deployments/trust/content.ts';
import { ReleaseTrust } from '../../../agent/deployments/trust/trust.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';
import { ceremony, exportMedia, onlineKey, rotate, signRelease } from '../../../provisioning/release/commands.ts';
import { parseTargets } from '../../../provisioning/release/metadata.ts';
import { signOnline } from '../../../provisioning/release/online.ts';
import { newest, readText } from '../../../provisioning/release/workshop.ts';
import { customOf } from '../../support/release-repository.ts';

const shop = { dryRun: false, say: () => {} };
let folder: string;
let metadata: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'provision-'));
  metadata = join(folder, 'metadata');
  await onlineKey(shop, folder);
  await ceremony(shop, { out: folder, online: join(folder, 'online-request.pem'), passphrase: 'x' }, Date.now());
  writeFileSync(join(folder, 'image.bin'), 'content');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function release(counter: number): Promise<void> {
  const custom = customOf({ releaseCounter: counter, version: `${counter}.0.0` });
  writeFileSync(join(folder, 'release.json'), JSON.stringify({ artifacts: [{ file: 'image.bin', custom }] }));
  const key = join(folder, 'targets/targets.key.pem');
  await signRelease(shop, { metadata, key, release: join(folder, 'release.json'), passphrase: 'x' }, Date.now());
}

describe('edufleet-provision', () => {
  it('keeps keys to their owner and refuses a counter that does not rise and a wrong passphrase', async () => {
    expect(statSync(join(folder, 'root-1/root.key.pem')).mode & 0o777).toBe(0o600);
    await release(2);
    await expect(release(2)).rejects.toMatchObject({ code: 'counter-not-rising' });
    const key = join(folder, 'targets/targets.key.pem');
    await expect(signRelease(shop, { metadata, key, passphrase: 'y' }, Date.now())).rejects.toMatchObject({
      code: 'key-unreadable',
    });
    expect(readdirSync(metadata).sort()).toEqual(['1.root.json', '1.targets.json', '2.targets.json']);
  });

  it('rotates with two root keys, and not with one', async () => {
    const key = [1, 2].map((number) => join(folder, `root-${number}/root.key.pem`));
    const one = { metadata, key: key.slice(0, 1), passphrase: 'x' };
    await expect(rotate(shop, one, Date.now())).rejects.toMatchObject({ code: 'release-untrusted' });
    await rotate({ ...shop, dryRun: true }, { ...one, key }, Date.now());
    expect(readdirSync(metadata)).not.toContain('2.root.json');
    await rotate(shop, { ...one, key, newTargets: join(folder, 'new') }, Date.now());
    expect(readdirSync(metadata)).toContain('2.root.json');
  });

  it('lays out a stick from which an agent without a line learns what was released', async () => {
    await release(1);
    const keyPem = await readText(join(folder, 'online.key.pem'));
    const texts = { root: await newest(metadata, 'root'), targets: await newest(metadata, 'targets') };
    const { snapshot, timestamp } = signOnline({ ...texts, keyPem, nowMs: Date.now() - 20 * 86_400_000 });
    for (const { name, text } of [snapshot, timestamp]) writeFileSync(join(metadata, name), text);
    const out = join(folder, 'stick');
    const shared = { metadata, artifacts: folder, out, days: 30 };
    await exportMedia(shop, { ...shared, onlineKey: join(folder, 'online.key.pem') }, Date.now());
    const trust = await ReleaseTrust.open({
      dataDir: join(folder, 'agent'),
      packageRoot: texts.root,
      buildTimeMs: 0,
      clock: systemClock,
      log: silentLog,
      fetch: () => Promise.reject(new Error('no line')),
    });
    await trust.refresh(new AbortController().signal, folderFetch(out));
    const [path = ''] = Object.keys(parseTargets(texts.targets).signed.targets);
    expect(trust.verify(path).length).toBe(7);
  });
});
