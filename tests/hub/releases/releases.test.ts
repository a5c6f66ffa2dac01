import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDiskStore, createReleases } from '../../../hub/releases/index.ts';
import { openStore, type Store } from '../../../hub/store/index.ts';
import { createReleaseBody } from '../../../protocols/api/releases/releases.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { systemClock as clock } from '../../../provisioning/platform/clock.ts';
import { createOnlineKey, onlineRequest, signOnline } from '../../../provisioning/release/online.ts';
import { temporaryFolder } from '../../support/store.ts';

const bytes = Buffer.from('firmware');
const actor = { id: 'u', name: 'An', scopeFor: () => ({ paths: [], supplied: [] }) };
async function* of(chunk: Uint8Array) {
  yield chunk;
}

describe('releases', () => {
  const folder = temporaryFolder();
  let store: Store;
  beforeAll(async () => {
    store = await openStore({ databaseUrl: undefined, dataDir: folder.path, clock, log: silentLog });
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });
  const onlineKeyPem = createOnlineKey();
  const open = () =>
    createReleases({
      store,
      clock,
      artifacts: createDiskStore({ folder: `${folder.path}/artifacts`, reserveBytes: 0, clock }),
      registry: { agents: () => [], devices: () => [], agentOf: () => undefined },
      onlineKeyPem,
      onlineRequest,
      signOnline,
      vouch: async (root) => root,
      limits: { storeBytes: 100, artifactBytes: 50, uploadHours: 1 },
    });
  const whole = { paths: ['/1/'] };
  const body = (version: string, releaseCounter: number, length = bytes.length) =>
    createReleaseBody.parse({
      component: 'device-firmware',
      name: 'thing',
      version,
      releaseCounter,
      file: 'thing.bin',
      length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });

  it('is taken, filled and withdrawn by whoever is answerable for the whole province, and by nobody of one school', async () => {
    const school = { paths: ['/1/7/'] };
    const forbidden = { code: 'forbidden', message: expect.stringContaining('every school') };
    const { id } = await open().create(whole, actor, body('0.9', 11));
    await expect(open().create(school, actor, body('0.8', 12))).rejects.toMatchObject(forbidden);
    await expect(open().append(school, id, 0, of(bytes))).rejects.toMatchObject(forbidden);
    await expect(open().withdraw(school, actor, id)).rejects.toMatchObject(forbidden);
    await expect(open().takeMetadata(school, actor, 'root', '{}')).rejects.toMatchObject(forbidden);
    expect(await open().get(id)).toMatchObject({ state: 'uploading' });
    await open().withdraw(whole, actor, id);
  });

  it('goes on after a restart where the bytes ended, and serves nothing that is not signed', async () => {
    const { id, sha256 } = await open().create(whole, actor, body('1.0', 1));
    expect(await open().append(whole, id, 0, of(bytes.subarray(0, 3)))).toEqual({ offset: 3, length: 8 });
    expect(await open().upload(id)).toEqual({ offset: 3, length: 8 });
    await open().append(whole, id, 3, of(bytes.subarray(3)));
    expect(await open().get(id)).toMatchObject({ state: 'stored', signed: false, unsigned: 'no-root' });
    expect(await open().servable(sha256)).toBeUndefined();
    await expect(open().create(whole, actor, body('1.0', 2))).rejects.toMatchObject({ code: 'conflict' });
    await expect(open().create(whole, actor, { ...body('2.0', 2, 51) })).rejects.toMatchObject({ code: 'no-room' });
    expect(await open().preflight(id, ['x'])).toEqual({ fits: [], refused: [] });
    expect(await open().withdraw(whole, actor, id)).toMatchObject({ state: 'withdrawn' });
    await open().sweep();
    await open().renew();
    expect(await open().releaseOf(id)).toBeUndefined();
  });
});
