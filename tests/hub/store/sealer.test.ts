import { createCipheriv } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rotateSeal } from '../../../hub/rotate-seal.ts';
import { newSealKey, readSealKeys, sealerOf, writeSealKeys } from '../../../hub/store/index.ts';
import { createSealer } from '../../../hub/store/sealer.ts';
import { seedAgent, seedDevice, seedUnit } from '../../support/hub-store.ts';
import { describeStores, temporaryFolder } from '../../support/store.ts';

const key = Buffer.alloc(32, 7);
const place = { table: 'device', row: 'd-1', version: 1 };

describe('sealer', () => {
  it('opens what it sealed, and nothing of it shows', () => {
    const sealer = createSealer(key);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 200 }), (plain) => {
        const sealed = sealer.seal(place, plain);
        expect(sealed.includes(Buffer.from(plain))).toBe(false);
        expect(sealer.open(place, sealed).equals(Buffer.from(plain))).toBe(true);
      }),
    );
  });

  it('refuses one changed bit anywhere, another place, another key', () => {
    const sealer = createSealer(key);
    const sealed = sealer.seal(place, Buffer.from('mật khẩu'));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => sealer.open(place, changed)).toThrow(expect.objectContaining({ code: 'seal-broken' }));
    }
    expect(() => sealer.open(place, sealed.subarray(0, 20))).toThrow();
    for (const other of [{ table: 'x' }, { row: 'd-2' }, { version: 2 }]) {
      expect(() => sealer.open({ ...place, ...other }, sealed)).toThrow(
        expect.objectContaining({ code: 'seal-broken' }),
      );
    }
    expect(() => createSealer(Buffer.alloc(32, 8)).open(place, sealed)).toThrow();
  });

  it('opens what older keys sealed, seals with the newest, and tells which is which', () => {
    const [older, newer] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const sealed = createSealer(older).seal(place, Buffer.from('x'));
    const sealer = createSealer(newer, older);
    expect(sealer.open(place, sealed).toString()).toBe('x');
    expect(sealer.isFresh(sealed)).toBe(false);
    const anew = sealer.seal(place, Buffer.from('x'));
    expect(sealer.isFresh(anew)).toBe(true);
    expect(createSealer(newer).open(place, anew).toString()).toBe('x');
    expect(() => createSealer(older).open(place, anew)).toThrow();
  });

  it('opens values of the first format, which did not name their key', () => {
    const nonce = Buffer.alloc(12, 3);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from('device|d-1|1'));
    const body = Buffer.concat([cipher.update('x'), cipher.final()]);
    const sealed = Buffer.concat([Buffer.of(1), nonce, body, cipher.getAuthTag()]);
    const sealer = createSealer(Buffer.alloc(32, 9), key);
    expect(sealer.open(place, sealed).toString()).toBe('x');
    expect(sealer.isFresh(sealed)).toBe(false);
  });

  it('makes its key once, for the owner alone, and takes one by file', async () => {
    using folder = temporaryFolder();
    const open = async (dataDir: string, file?: string) => sealerOf(await readSealKeys(dataDir, file));
    const sealed = (await open(folder.path)).seal(place, Buffer.from('x'));
    const path = join(folder.path, 'seal.key');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await open(folder.path)).open(place, sealed).toString()).toBe('x');
    expect((await open('/nowhere', path)).open(place, sealed).toString()).toBe('x');
    writeFileSync(path, readFileSync(path, 'utf8').slice(2));
    await expect(open(folder.path)).rejects.toMatchObject({ code: 'bad-seal-key' });
    await expect(open(folder.path, join(folder.path, 'none'))).rejects.toMatchObject({ code: 'bad-seal-key' });
  });
});

describeStores('rotation', (open) => {
  it('seals every secret anew, whether the file is ours or given, and may be broken off', async () => {
    using folder = temporaryFolder();
    const store = await open();
    const ours = { dataDir: folder.path, sealKeyFile: undefined };
    const path = join(folder.path, 'seal.key');
    const secretsOf = async (dataDir: string, file?: string) => {
      const sealer = sealerOf(await readSealKeys(dataDir, file));
      const rows = await store.db.selectFrom('device').select(['id', 'secret']).orderBy('id').execute();
      return rows.map(({ id, secret }) =>
        secret ? sealer.open({ table: 'device', row: id, version: 1 }, secret).toString() : undefined,
      );
    };
    const sealer = sealerOf(await readSealKeys(folder.path));
    const unit = await seedUnit(store, { kind: 'school', name: 'Trường' });
    await seedAgent(store, 'a-1', unit.id);
    for (const id of ['d-1', 'd-2', 'd-3']) await seedDevice(store, { id, agentId: 'a-1', unitId: unit.id });
    for (const id of ['d-1', 'd-2']) {
      const secret = sealer.seal({ table: 'device', row: id, version: 1 }, Buffer.from(`secret of ${id}`));
      await store.db.updateTable('device').set({ secret }).where('id', '=', id).execute();
    }
    const wanted = ['secret of d-1', 'secret of d-2', undefined];
    const [before] = (await readSealKeys(folder.path)).keys;
    expect(await rotateSeal(store, ours)).toMatch(/^2 secrets/);
    expect(readFileSync(path, 'utf8')).not.toContain(before);
    expect(await secretsOf(folder.path)).toEqual(wanted);

    // Broken off after the new key was written: nothing is sealed with it yet, and everything still opens.
    await writeSealKeys(path, [newSealKey(), ...(await readSealKeys(folder.path)).keys]);
    expect(await secretsOf(folder.path)).toEqual(wanted);
    expect(await rotateSeal(store, ours)).toMatch(/^2 secrets/);
    expect(await secretsOf(folder.path)).toEqual(wanted);

    const given = join(folder.path, 'given.key');
    await writeSealKeys(given, [newSealKey(), ...(await readSealKeys(folder.path)).keys]);
    expect(await rotateSeal(store, { ...ours, sealKeyFile: given })).toContain('can be removed');
    const [newest] = (await readSealKeys(folder.path, given)).keys;
    await writeSealKeys(given, [newest]);
    expect(await secretsOf(folder.path, given)).toEqual(wanted);
    await expect(secretsOf(folder.path)).rejects.toMatchObject({ code: 'seal-broken' });
  });
});
