import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSealer, openSealer } from '../../../hub/store/sealer.ts';
import { temporaryFolder } from '../../support/store.ts';

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

  it('makes its key once, for the owner alone, and takes one by file', async () => {
    using folder = temporaryFolder();
    const sealed = (await openSealer(folder.path)).seal(place, Buffer.from('x'));
    const path = join(folder.path, 'seal.key');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await openSealer(folder.path)).open(place, sealed).toString()).toBe('x');
    expect((await openSealer('/nowhere', path)).open(place, sealed).toString()).toBe('x');
    writeFileSync(path, readFileSync(path, 'utf8').slice(2));
    await expect(openSealer(folder.path)).rejects.toMatchObject({ code: 'bad-seal-key' });
    await expect(openSealer(folder.path, join(folder.path, 'none'))).rejects.toMatchObject({ code: 'bad-seal-key' });
  });
});
