import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureDashboard } from '../demo/dashboard.ts';
import { hasBrowser, launchBrowser, seriousFindings } from '../support/browser.ts';
import { admin, type LiveSchool, startLiveSchool } from '../support/live-school.ts';
import { repositoryRoot } from '../support/modules.ts';

/** Pages of the daily work, each with an empty school behind it. */
const workPages = [
  'problem-rules',
  'maintenance',
  'calendar',
  'policies',
  'commands',
  'notifications',
  'notifications/settings',
  'channels',
  'dead-letters',
  'availability',
];

const shots = join(repositoryRoot, 'tests/.artifacts');

describe.skipIf(!hasBrowser)('the dashboard in Chromium', () => {
  let live: LiveSchool;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const foreign: string[] = [];
  const errors: string[] = [];

  const look = async (name: string) => {
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
    expect(await seriousFindings(page), name).toEqual([]);
  };

  beforeAll(async () => {
    await mkdir(shots, { recursive: true });
    await ensureDashboard(() => {});
    live = await startLiveSchool({ each: 2 });
    browser = await launchBrowser();
    context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      locale: 'vi-VN',
      timezoneId: 'Asia/Ho_Chi_Minh',
    });
    page = await context.newPage();
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(live.address.url) && !/^(data|blob):/.test(url)) foreign.push(url);
    });
    page.on('pageerror', (error) => errors.push(error.message));
  });

  afterAll(async () => {
    await browser?.close();
    await live?.[Symbol.asyncDispose]();
  });

  it('signs in, after a clear word about a wrong password', async () => {
    await page.goto(live.address.url);
    await page.getByLabel('Thư điện tử').fill(admin.email);
    await page.getByLabel('Mật khẩu').fill('khong-phai-mat-khau');
    await page.getByRole('button', { name: 'Đăng nhập' }).click();
    await page.getByText('Sai thư điện tử hoặc mật khẩu').waitFor();
    await look('sign-in');
    await page.getByLabel('Mật khẩu').fill(admin.password);
    await page.getByRole('button', { name: 'Đăng nhập' }).click();
    await page.getByRole('heading', { name: 'Tổng quan' }).waitFor();
    await page.getByText('trực tiếp').waitFor();
    await look('overview');
  });

  it('finds the school’s devices without marks, and keeps the search in the address', async () => {
    await page.getByRole('link', { name: 'Thiết bị', exact: true }).click();
    await page.keyboard.press('/');
    await page.keyboard.type('camera dang thuy tram');
    await page.getByText('2 kết quả').waitFor();
    expect(new URL(page.url()).search).toContain('camera');
    await page.reload();
    await page.getByText('2 kết quả').waitFor();
    await look('devices');
  });

  it('opens a camera and sees a value change without reload', async () => {
    await page.getByText('Camera Phòng 1').click();
    await page.getByRole('heading', { name: 'Camera Phòng 1' }).waitFor();
    await page.getByText('Đang yên').waitFor();
    await page.evaluate(() => Object.assign(globalThis, { untouched: true }));
    live.school.cameras[0]?.setMotion(true);
    await page.getByText('Đang có chuyển động').waitFor({ timeout: 20_000 });
    live.school.cameras[0]?.setMotion(false);
    await page.getByText('Đang yên').waitFor({ timeout: 20_000 });
    expect(await page.evaluate(() => 'untouched' in globalThis)).toBe(true);
    await look('camera');
  });

  it('takes a picture only on request and for a purpose', async () => {
    expect(await page.locator('img[src*="pictures"], img[src^="blob:"]').count()).toBe(0);
    await page.getByRole('button', { name: 'Chụp một ảnh' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('Kiểm tra góc máy theo yêu cầu của nhà trường');
    await look('picture-purpose');
    await page.getByRole('dialog').getByRole('button', { name: /Chụp/ }).click();
    await page.locator('img[src*="pictures"], img[src^="blob:"]').first().waitFor({ timeout: 30_000 });
    await look('picture');
  });

  it('switches the language and the appearance at once', async () => {
    await page.getByRole('button', { name: 'Tài khoản và hiển thị' }).click();
    await page.getByText('English').click();
    await page.getByRole('link', { name: 'Overview' }).waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('en');
    await page.getByText('Dark', { exact: true }).click();
    await page.keyboard.press('Escape');
    await look('camera-english-dark');
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await look('overview-english-dark');
  });

  it.each(['agents', 'proposals', 'quarantine', 'units', 'causes', ...workPages])('shows %s', async (name) => {
    await page.goto(`${live.address.url}/${name}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => {});
    await look(name.replace('/', '-'));
  });

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const path of ['', '/devices', '/causes', ...workPages.map((page) => `/${page}`)]) {
      await page.goto(`${live.address.url}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await page.evaluate<number>('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(360);
      await look(`phone${path.replaceAll('/', '-')}`);
    }
  });

  it('asked nobody but the hub, and threw nothing', () => {
    expect(foreign).toEqual([]);
    expect(errors).toEqual([]);
  });
});
