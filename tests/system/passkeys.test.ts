import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureDashboard } from '../demo/dashboard.ts';
import { type RunningHub, startHub } from '../demo/hub.ts';
import { hasBrowser, launchBrowser, seriousFindings } from '../support/browser.ts';
import { repositoryRoot } from '../support/modules.ts';

const shots = join(repositoryRoot, 'tests/.artifacts');
const admin = { email: 'admin@edufleet.example', password: 'mot-mat-khau-thu-nghiem' };

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Chromium's own authenticator: a fingerprint reader that says yes or no (Web Authentication Level 3, 11.2). */
async function plugIn(page: Page) {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    keys: async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    setVerified: (isUserVerified: boolean) =>
      session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    setPresent: (enabled: boolean) =>
      session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
  };
}

async function look(page: Page, name: string): Promise<void> {
  for (const [width, suffix] of [
    [1280, ''],
    [360, '-phone'],
  ] as const) {
    await page.setViewportSize({ width, height: 800 });
    await page.screenshot({ path: join(shots, `${name}${suffix}.png`), fullPage: true });
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect(await seriousFindings(page)).toEqual([]);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

describe.skipIf(!hasBrowser)('passkeys in Chromium', () => {
  let hub: RunningHub;
  let folder: string;
  let browser: Browser;
  let port: number;
  let url: string;

  beforeAll(async () => {
    await mkdir(shots, { recursive: true });
    await ensureDashboard(() => {});
    folder = await mkdtemp(join(tmpdir(), 'edufleet-passkeys-'));
    port = await freePort();
    url = `http://localhost:${port}`;
    const settings = {
      EDUFLEET_HTTP__PUBLIC_URL: url,
      EDUFLEET_ACCESS__TWO_FACTOR_ROLES: '["province-admin"]',
    };
    const ports = { http: String(port), gateway: '0', broker: '0' };
    hub = await startHub({ dataDir: folder, port: 0, ports, admin, settings });
    browser = await launchBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await hub?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const signOut = async (page: Page) => {
    await page.getByRole('button', { name: 'Tài khoản và hiển thị' }).click();
    await page.getByRole('button', { name: 'Đăng xuất' }).click();
    await page.getByRole('button', { name: 'Đăng nhập', exact: true }).waitFor();
  };
  const signIn = async (page: Page) => {
    await page.getByLabel('Thư điện tử').fill(admin.email);
    await page.getByLabel('Mật khẩu', { exact: true }).fill(admin.password);
    await page.getByRole('button', { name: 'Đăng nhập', exact: true }).click();
  };

  it('are explained where the page is open at an address that they do not belong to', async () => {
    const context = await browser.newContext({ locale: 'vi-VN', reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    await page.goto(`http://127.0.0.1:${port}/`);
    await signIn(page);
    await page.getByText('Vai trò của bạn cần xác thực hai bước').waitFor();
    expect(await page.getByRole('button', { name: 'Dùng khóa đăng nhập (passkey)' }).count()).toBe(0);
    await page.getByText(`Khóa đăng nhập gắn với địa chỉ ${url}`).waitFor();
    await context.close();
  });

  it('are the second step of a role that asks for one, come by the field or the button, and end when removed', async () => {
    const context = await browser.newContext({ locale: 'vi-VN', reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.addInitScript(`
      globalThis.asked = [];
      const get = navigator.credentials.get.bind(navigator.credentials);
      navigator.credentials.get = (options) => {
        asked.push(options.mediation ?? 'button');
        return get(options);
      };`);
    const device = await plugIn(page);
    await page.goto(`${url}/`);
    await signIn(page);
    await page.getByRole('button', { name: 'Dùng khóa đăng nhập (passkey)' }).click();
    await page.getByLabel('Đặt tên để nhận ra').fill('Máy của phòng');
    await page.getByLabel('Mật khẩu của bạn').fill(admin.password);
    await look(page, 'passkey-must');
    await page.getByRole('button', { name: 'Thêm khóa đăng nhập' }).click();
    await page.getByRole('heading', { name: 'Tổng quan' }).waitFor();
    expect(await device.keys()).toMatchObject([{ isResidentCredential: true, rpId: 'localhost' }]);

    // Nobody touches the device: the key waits until it is asked for by the button.
    await device.setPresent(false);
    await signOut(page);
    await look(page, 'passkey-door');
    await signIn(page);
    await page.getByText('vai trò của bạn cần thêm khóa đăng nhập').waitFor();
    await device.setVerified(false);
    await device.setPresent(true);
    await page.getByRole('button', { name: 'Đăng nhập bằng passkey' }).click();
    await page.getByText('Trình duyệt chưa nhận được khóa').waitFor();
    await device.setVerified(true);
    await page.getByRole('button', { name: 'Đăng nhập bằng passkey' }).click();
    await page.getByRole('heading', { name: 'Tổng quan' }).waitFor();

    // The e-mail field offers it too: nobody can press the browser's own list here, but that it was asked for it is seen.
    const canOffer = await page.evaluate<boolean>('PublicKeyCredential.isConditionalMediationAvailable()');
    const asked = await page.evaluate<string[]>('asked');
    expect(asked.includes('conditional')).toBe(canOffer);
    expect(asked.includes('button')).toBe(true);

    await page.goto(`${url}/account`);
    await page.getByText('Máy của phòng').waitFor();
    await page.getByText('dùng lần cuối').first().waitFor();
    await look(page, 'passkey-account');
    await page.getByRole('button', { name: 'Gỡ Máy của phòng' }).click();
    await page.getByLabel('Mật khẩu của bạn').fill(admin.password);
    await page.getByRole('button', { name: 'Gỡ', exact: true }).click();
    // The last second step is gone: the role asks for another at once.
    await page.getByRole('button', { name: 'Dùng khóa đăng nhập (passkey)' }).waitFor();
    expect(errors).toEqual([]);
    await context.close();
  });
});
