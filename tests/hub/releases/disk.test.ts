import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDiskStore } from '../../../hub/releases/store/disk.ts';
import { createFakeClock } from '../../support/clock.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const open = (folder: string) => createDiskStore({ folder, reserveBytes: 0, clock: createFakeClock() });
const calm = new AbortController().signal;
async function* of(...chunks: Uint8Array[]) {
  yield* chunks;
}
const breaking = async function* (chunk: Uint8Array) {
  yield chunk;
  throw new Error('the line broke');
};

describe('artifacts on a disk', () => {
  const bytes = Buffer.from('0123456789');
  const name = sha256(bytes);
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edufleet-artifacts-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('keeps what arrived before the line broke, over a restart, and gives the name to checked bytes only', async () => {
    await open(folder).begin('r-1', 10, 0);
    const part = { offset: 0, length: 10, bytes: breaking(bytes.subarray(0, 4)) };
    await expect(open(folder).append('r-1', part, calm)).rejects.toThrow('the line broke');
    const again = open(folder);
    expect(await again.received('r-1')).toBe(4);
    for (const offset of [0, 3, 5, 10, 11])
      await expect(again.append('r-1', { offset, length: 10, bytes: of(bytes) }, calm)).rejects.toMatchObject({
        code: 'wrong-offset',
      });
    expect(await again.append('r-1', { offset: 4, length: 10, bytes: of(bytes.subarray(4)) }, calm)).toBe(10);
    await again.seal('r-1', name);
    expect(await again.lengthOf(name)).toBe(10);
    const read = Buffer.concat(await (await again.read(name, 2, 4)).toArray());
    expect(read.toString()).toBe('234');
  });

  it('takes no more than was announced, and no other bytes', async () => {
    const store = open(folder);
    await store.begin('r-2', 3, 0);
    await expect(store.append('r-2', { offset: 0, length: 3, bytes: of(bytes) }, calm)).rejects.toMatchObject({
      code: 'too-large',
    });
    expect(await store.received('r-2')).toBe(3);
    await expect(store.seal('r-2', name)).rejects.toMatchObject({ code: 'wrong-hash' });
    expect(await store.received('r-2')).toBeUndefined();
  });

  it('notices a file that changed on the disk, and sweeps what belongs to nobody', async () => {
    const store = open(folder);
    await store.begin('r-3', 3, 0);
    expect(await store.sweep(new Set())).toBe(1);
    await writeFile(join(folder, name.slice(0, 2), name), '0123456780');
    await expect(store.read(name, 0, 1)).rejects.toMatchObject({ code: 'artifact-damaged' });
    for (const hostile of ['../x', 'A', '', 'a/b'])
      await expect(store.begin(hostile, 1, 0)).rejects.toMatchObject({ code: 'not-found' });
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)('says that the disk is full, keeps what fitted, and goes on', async () => {
    const small = await mkdtemp(join(tmpdir(), 'edufleet-small-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]);
    try {
      const store = open(small);
      await expect(store.begin('r-4', 4_000_000, 0)).rejects.toMatchObject({ code: 'no-room' });
      await store.begin('r-4', 1_500_000, 0);
      await writeFile(join(small, 'filler'), Buffer.alloc(1_000_000, 1));
      const whole = Buffer.alloc(1_500_000, 7);
      const rest = (offset: number) => ({ offset, length: whole.length, bytes: of(whole.subarray(offset)) });
      await expect(store.append('r-4', rest(0), calm)).rejects.toMatchObject({ code: 'no-room' });
      const kept = (await store.received('r-4')) ?? 0;
      expect(kept).toBeGreaterThan(0);
      await rm(join(small, 'filler'));
      expect(await store.append('r-4', rest(kept), calm)).toBe(whole.length);
      await store.seal('r-4', sha256(whole));
    } finally {
      execFileSync('umount', ['-l', small]);
      await rm(small, { recursive: true, force: true });
    }
  });
});
