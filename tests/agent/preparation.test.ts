import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareMachine } from '../../agent/enrolment.ts';
import { loadPreparation, removePreparation } from '../../agent/preparation.ts';
import { tellPrepared } from '../../agent/prepared-text.ts';
import { readVoucher } from '../../agent/voucher-input.ts';
import { openAuthority } from '../../provisioning/authority/index.ts';
import { formatVoucherCode } from '../../provisioning/enrolment/voucher-code.ts';
import { formatVoucherToken } from '../../provisioning/enrolment/voucher-token.ts';
import { createFakeClock } from '../support/clock.ts';
import { temporaryFolder } from '../support/store.ts';

const now = Date.UTC(2026, 2, 2);
const hubUrl = 'https://hub.example:8443';
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

const clockAt = (ms: number) => createFakeClock(ms);
const prepare = (voucher: string, ms = now, gateway?: string) =>
  prepareMachine({
    dataDir: join(folder.path, 'agent'),
    voucher,
    replace: false,
    clock: clockAt(ms),
    ...(gateway ? { gateway } : {}),
  });
const signed = async () => {
  const authority = await openAuthority({ folder: join(folder.path, 'authority'), clock: clockAt(now) });
  const claims = { secret: 'ab'.repeat(16), school: 'THCS Nghĩa Lộ', issuedAt: new Date(now), hubUrl };
  return formatVoucherToken({ ...claims, expiresAt: new Date(now + 86_400_000) }, authority);
};
const file = () => join(folder.path, 'agent/identity/prepared.json');

describe('a machine that is prepared', () => {
  it('keeps voucher and key for its owner alone, and tells the room whose it will be', async () => {
    const prepared = await prepare(await signed());
    expect(prepared).toMatchObject({ hubUrl, expiry: 'open', claims: { school: 'THCS Nghĩa Lộ' } });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    const kept = await loadPreparation(join(folder.path, 'agent'));
    expect(kept).toMatchObject({ hubUrl, voucher: expect.stringMatching(/^EF1-/), preparedAt: now });
    expect(kept?.keyPem).toContain('PRIVATE KEY');
    const told = tellPrepared(prepared, now).join('\n');
    expect(told).toContain('THCS Nghĩa Lộ');
    expect(told).toContain('2026-03-03 00:00 UTC');
    for (const secret of [kept?.voucher ?? '', 'abab', 'PRIVATE']) expect(told).not.toContain(secret);
    await removePreparation(join(folder.path, 'agent'));
    await removePreparation(join(folder.path, 'agent'));
    expect(await loadPreparation(join(folder.path, 'agent'))).toBeUndefined();
  });

  it('refuses a voucher that ran out or was damaged, in the room; a clock that cannot be right refuses nothing', async () => {
    const token = await signed();
    await expect(prepare(token, now + 86_400_000)).rejects.toMatchObject({ code: 'voucher-expired' });
    await expect(prepare(`${token.slice(0, -8)}00000000`)).rejects.toMatchObject({ code: 'invalid-voucher' });
    expect(await loadPreparation(join(folder.path, 'agent'))).toBeUndefined();
    const wrong = await prepare(token, Date.UTC(2006, 0, 1));
    expect(wrong.expiry).toBe('clock-wrong');
    expect(tellPrepared(wrong, Date.UTC(2006, 0, 1)).join('\n')).toMatch(/says 2006-01-01.*is checked by the hub/);
  });

  it('takes a typed code only with the address of its hub, and says that it knows nothing of it', async () => {
    const code = formatVoucherCode('ab'.repeat(16), 'cd'.repeat(32));
    await expect(prepare(code)).rejects.toMatchObject({ code: 'invalid-setting' });
    await expect(prepare(code, now, 'http://hub')).rejects.toMatchObject({ code: 'invalid-url' });
    const prepared = await prepare(code, now, 'https://hub.example:8443/');
    expect(prepared).toEqual({ hubUrl, claims: undefined, expiry: 'unknown' });
    expect(tellPrepared(prepared, now)[0]).toContain('the hub will check it');
  });

  it('says that a damaged file cannot be used, and nothing that stands in it', async () => {
    await prepare(await signed());
    writeFileSync(file(), '{"voucher":"EF1-SECRET"');
    const broken = loadPreparation(join(folder.path, 'agent'));
    await expect(broken).rejects.toMatchObject({ code: 'preparation-broken' });
    await broken.catch((thrown: Error) => expect(`${thrown.message}${thrown.cause}`).not.toContain('SECRET'));
  });
});

describe('where a voucher comes from', () => {
  const typed = (...chunks: string[]) => ({
    input: async function* () {
      for (const chunk of chunks) yield Buffer.from(chunk);
      if (chunks.at(-1)?.endsWith('\n')) throw new Error('nobody waits for more than a line');
    },
    say: () => {},
  });

  it('is the command line, a file, or the first line that is typed', async () => {
    expect(await readVoucher({ voucher: 'EF1-A', voucherFile: 'x' }, typed())).toBe('EF1-A');
    writeFileSync(join(folder.path, 'v.txt'), 'EFT1-B\n');
    expect(await readVoucher({ voucherFile: join(folder.path, 'v.txt') }, typed())).toBe('EFT1-B\n');
    expect(await readVoucher({}, typed('\n', 'EF1', '-C\r', '\n'))).toBe('EF1-C');
    expect(await readVoucher({}, typed('EF1-D'))).toBe('EF1-D');
    await expect(readVoucher({}, typed('  '))).rejects.toMatchObject({ code: 'invalid-voucher' });
    expect((await readVoucher({}, typed('x'.repeat(20_000), 'y'))).length).toBe(16 * 1024);
  });
});
