import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureDashboard } from '../demo/dashboard.ts';
import { type RunningHub, startHub } from '../demo/hub.ts';
import { hasBrowser, launchBrowser, seriousFindings } from '../support/browser.ts';
import { startChild } from '../support/child.ts';
import { repositoryRoot } from '../support/modules.ts';
import { totpCode } from '../support/totp.ts';

const shots = join(repositoryRoot, 'tests/.artifacts');
const admin = { email: 'admin@edufleet.example', password: 'mot-mat-khau-thu-nghiem' };
/** Nothing fades: a picture shows what stands, not what comes. */
const still = { reducedMotion: 'reduce' } as const;
const hasQrReader = existsSync('/usr/bin/zbarimg');

describe.skipIf(!hasBrowser)('one’s own account in Chromium', () => {
  let hub: RunningHub;
  let folder: string;
  let browser: Browser;
  let page: Page;
  let secret = '';
  let codes: string[] = [];

  /** Wide and on a phone of 360 px: nothing overflows, and axe finds nothing serious. */
  const look = async (name: string, shown: Page = page) => {
    for (const [width, height, suffix] of [
      [1280, 800, ''],
      [360, 740, '-phone'],
    ] as const) {
      await shown.setViewportSize({ width, height });
      await shown.screenshot({ path: join(shots, `${name}${suffix}.png`), fullPage: true });
      expect(await shown.evaluate<number>('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(width);
      expect(await seriousFindings(shown), name).toEqual([]);
    }
    await shown.setViewportSize({ width: 1280, height: 800 });
  };
  const openPage = async () => {
    const context = await browser.newContext({ locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh', ...still });
    const opened = await context.newPage();
    await opened.goto(hub.address.url);
    return opened;
  };
  const givePassword = async (shown: Page, email: string, password: string) => {
    await shown.getByLabel('Thư điện tử').fill(email);
    await shown.getByLabel('Mật khẩu').fill(password);
    await shown.getByRole('button', { name: 'Đăng nhập' }).click();
  };
  /** What a form shows once, such as a password or a token. */
  const shownIn = async (place: Page | Locator) => (await place.locator('output').textContent()) ?? '';
  const overview = (shown: Page) => shown.getByRole('heading', { name: 'Tổng quan' }).waitFor();

  beforeAll(async () => {
    await mkdir(shots, { recursive: true });
    await ensureDashboard(() => {});
    folder = await mkdtemp(join(tmpdir(), 'edufleet-account-'));
    const settings = { EDUFLEET_ACCESS__TWO_FACTOR_ROLES: '["engineer"]' };
    hub = await startHub({ dataDir: folder, port: 0, admin, settings });
    browser = await launchBrowser();
    page = await openPage();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await hub?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('sets up a second step with an authenticator, and shows the backup codes once', async () => {
    await givePassword(page, admin.email, admin.password);
    await overview(page);
    await page.getByRole('button', { name: 'Tài khoản và hiển thị' }).click();
    await page.getByRole('button', { name: 'Bảo mật và mã truy cập' }).click();
    await page.getByRole('heading', { name: 'Tài khoản của tôi' }).waitFor();
    await page.getByText('Đang tắt').waitFor();
    await look('account');
    await page.getByRole('button', { name: 'Bật xác thực hai bước' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Mật khẩu của bạn').fill('khong-phai-mat-khau');
    await dialog.getByRole('button', { name: 'Tiếp tục' }).click();
    await dialog.getByText('Mật khẩu không đúng.').waitFor();
    await dialog.getByLabel('Mật khẩu của bạn').fill(admin.password);
    await dialog.getByRole('button', { name: 'Tiếp tục' }).click();
    const qr = dialog.getByRole('img', { name: 'Mã QR cho ứng dụng xác thực' });
    await qr.waitFor();
    secret = (await shownIn(dialog)).replaceAll(' ', '');
    await look('account-authenticator');
    if (hasQrReader) {
      // Another program reads the code as the phone would.
      const path = join(folder, 'qr.png');
      await qr.screenshot({ path });
      const { stdout } = await promisify(execFile)('/usr/bin/zbarimg', ['--quiet', '--raw', path]);
      expect(new URL(stdout.trim()).searchParams.get('secret')).toBe(secret);
    }
    const code = dialog.getByLabel('Mã sáu chữ số trên điện thoại');
    await code.fill('000000');
    await dialog.getByRole('button', { name: 'Xác nhận' }).click();
    await dialog.getByText('Mã không đúng').waitFor();
    await code.fill(totpCode(secret, Date.now() - 30_000));
    await dialog.getByRole('button', { name: 'Xác nhận' }).click();
    await dialog.getByText('Mỗi mã dùng được một lần').waitFor();
    codes = await dialog.locator('.backup-codes li').allInnerTexts();
    expect(codes).toHaveLength(10);
    await look('account-backup-codes');
    await dialog.getByRole('button', { name: 'Tôi đã cất các mã này' }).click();
    await page.getByText('Đang bật').waitFor();
    await page.reload();
    await page.getByText('Đang bật').waitFor();
    expect(await page.content()).not.toContain(codes[0]);
  });

  it('asks for the code at the next sign-in, and says what to do about a wrong one', async () => {
    const other = await openPage();
    await givePassword(other, admin.email, admin.password);
    await other.getByLabel('Mã xác thực').fill('000000');
    await other.getByRole('button', { name: 'Xác nhận' }).click();
    await other.getByText('Mã không đúng').waitFor();
    await look('sign-in-second', other);
    await other.getByLabel('Mã xác thực').fill(totpCode(secret, Date.now()));
    await other.getByRole('button', { name: 'Xác nhận' }).click();
    await overview(other);
    await other.context().close();
    const paper = await openPage();
    await givePassword(paper, admin.email, admin.password);
    await paper.getByLabel('Mã xác thực').fill(codes[0] ?? '');
    await paper.getByRole('button', { name: 'Xác nhận' }).click();
    await overview(paper);
    await paper.context().close();
  });

  it('makes a token that reads and does no more, and revokes it', async () => {
    await page.goto(`${hub.address.url}/account`);
    await page.getByText('Bạn chưa có mã truy cập nào.').waitFor();
    await page.getByRole('button', { name: 'Tạo mã truy cập' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Dùng cho việc gì').fill('Bảng tổng hợp hằng tuần');
    await look('token-form');
    await dialog.getByRole('button', { name: 'Tạo mã truy cập' }).click();
    const token = await shownIn(dialog);
    await look('token-shown');
    await dialog.getByRole('button', { name: 'Đóng' }).last().click();
    await page.getByText('Xem, trong mọi phạm vi của bạn').waitFor();
    const ask = async (path: string) =>
      (await fetch(`${hub.address.url}/api/v1/${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect([await ask('devices'), await ask('people'), await ask('tokens')]).toEqual([200, 403, 403]);
    await look('tokens');
    await page.getByRole('button', { name: 'Thu hồi' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Thu hồi' }).click();
    await page.getByText('Bạn chưa có mã truy cập nào.').waitFor();
    expect(await ask('devices')).toBe(401);
  });

  it('lets an engineer in only after a password and a second step of their own', async () => {
    await page.goto(`${hub.address.url}/people`);
    await page.getByRole('button', { name: 'Thêm người' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Họ tên').fill('Võ Minh Kỹ');
    await dialog.getByLabel('E-mail').fill('ky@edufleet.example');
    await dialog.getByRole('combobox', { name: 'Vai trò' }).click();
    await page.getByRole('option', { name: 'Kỹ sư' }).click();
    await dialog.getByRole('combobox', { name: 'Trong phạm vi' }).click();
    await page.getByRole('option').first().click();
    await dialog.getByRole('button', { name: 'Thêm', exact: true }).click();
    const handed = await shownIn(dialog);
    await dialog.getByRole('button', { name: 'Đóng' }).last().click();

    const theirs = await openPage();
    await givePassword(theirs, 'ky@edufleet.example', handed);
    await theirs.getByLabel('Mật khẩu hiện tại').fill(handed);
    await theirs.getByLabel('Mật khẩu mới (ít nhất 12 ký tự)').fill('mat khau rieng cua toi');
    await theirs.getByLabel('Nhập lại mật khẩu mới').fill('mat khau rieng cua toi');
    await theirs.getByRole('button', { name: 'Đổi mật khẩu' }).click();
    await theirs.getByText('Vai trò của bạn cần xác thực hai bước').waitFor();
    await look('must-set-up', theirs);
    await theirs.getByLabel('Mật khẩu của bạn').fill('mat khau rieng cua toi');
    await theirs.getByRole('button', { name: 'Tiếp tục' }).click();
    const own = (await shownIn(theirs)).replaceAll(' ', '');
    await theirs.getByLabel('Mã sáu chữ số trên điện thoại').fill(totpCode(own, Date.now()));
    await theirs.getByRole('button', { name: 'Xác nhận' }).click();
    await theirs.getByRole('button', { name: 'Tôi đã cất các mã này' }).click();
    await overview(theirs);

    await page.reload();
    await page.getByText('có xác thực hai bước').first().waitFor();
    await look('people-two-step');
    await page.getByRole('button', { name: 'Võ Minh Kỹ' }).click();
    await page.getByRole('button', { name: 'Gỡ xác thực hai bước' }).click();
    await look('people-two-step-reset');
    await page.getByRole('dialog').getByRole('button', { name: 'Gỡ xác thực hai bước' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await theirs.reload();
    await theirs.getByLabel('Thư điện tử').waitFor();
    await theirs.context().close();
  });

  it('breaks the glass only at the stopped hub, and shows it to the other administrators while it lasts', async () => {
    const other = await openPage();
    await givePassword(other, admin.email, admin.password);
    await other.getByLabel('Mã xác thực').fill(codes[1] ?? '');
    await other.getByRole('button', { name: 'Xác nhận' }).click();
    await overview(other);
    const file = join(folder, 'one-time-password');
    const args = ['break-glass', '--email', 'khan@cap.example', '--hours', '2', '--reason', 'không ai vào được'];
    const run = async (...more: string[]) => {
      const child = startChild('hub/main.ts', [...args, ...more], {
        env: { EDUFLEET_DATA_DIR: join(folder, 'hub'), EDUFLEET_LOG__LEVEL: 'warn' },
      });
      const code = await child.exited;
      return { code, log: child.log.join('\n') };
    };
    const refused = await run('--password-file', file);
    expect(refused).toMatchObject({ code: 1, log: expect.stringContaining('is used by process') });
    const { url, gatewayUrl, brokerUrl } = hub.address;
    await hub.child.stop();
    expect(await run('--hours', '9')).toMatchObject({ code: 2 });
    expect(await run('--password-file', file)).toMatchObject({ code: 0 });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const [http = '', gateway = '', broker = ''] = [url, gatewayUrl, brokerUrl].map((one) => new URL(one).port);
    hub = await startHub({ dataDir: folder, port: 0, admin, ports: { http, gateway, broker } });

    const once = (await readFile(file, 'utf8')).trim();
    const theirs = await openPage();
    await givePassword(theirs, 'khan@cap.example', once);
    await theirs.getByLabel('Mật khẩu hiện tại').fill(once);
    await theirs.getByLabel('Mật khẩu mới (ít nhất 12 ký tự)').fill('mat khau khan cap moi');
    await theirs.getByLabel('Nhập lại mật khẩu mới').fill('mat khau khan cap moi');
    await theirs.getByRole('button', { name: 'Đổi mật khẩu' }).click();
    await theirs.getByText('Bạn đang dùng quyền khẩn cấp').waitFor();
    await look('emergency-self', theirs);
    await other.reload();
    await other.getByText('khan@cap.example là quản trị tỉnh đến').waitFor();
    await other.getByText('Đã đăng nhập 1 lần').waitFor();
    await look('emergency-other', other);
    await other.getByRole('link', { name: 'Xem nhật ký' }).click();
    await other.getByText('Đăng nhập bằng quyền khẩn cấp').first().waitFor();
    await other.context().close();
    await theirs.context().close();
  }, 120_000);
});
