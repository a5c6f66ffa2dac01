import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureDashboard } from '../demo/dashboard.ts';
import { type RunningHub, startHub } from '../demo/hub.ts';
import { hasBrowser, launchBrowser, seriousFindings } from '../support/browser.ts';
import { repositoryRoot } from '../support/modules.ts';
import { type OpenIdProvider, openIdClient, startOpenId } from '../support/openid.ts';

const shots = join(repositoryRoot, 'tests/.artifacts');
const admin = { email: 'admin@edufleet.example', password: 'mot-mat-khau-thu-nghiem' };

/** The provider must know the hub's address before the hub is there. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(!hasBrowser)('single sign-on in Chromium', () => {
  let hub: RunningHub;
  let provider: OpenIdProvider;
  let folder: string;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    await mkdir(shots, { recursive: true });
    await ensureDashboard(() => {});
    folder = await mkdtemp(join(tmpdir(), 'edufleet-sso-'));
    const port = await freePort();
    // Another name of this machine than the provider's: to the browser these are two sites, as they are in life.
    url = `http://localhost:${port}`;
    provider = await startOpenId(`${url}/api/auth/callback/oidc`);
    const clientSecretFile = join(folder, 'client-secret');
    await writeFile(clientSecretFile, `${openIdClient.clientSecret}\n`, { mode: 0o600 });
    const settings = {
      EDUFLEET_HTTP__PUBLIC_URL: url,
      EDUFLEET_ACCESS__OIDC__ISSUER: provider.issuer,
      EDUFLEET_ACCESS__OIDC__CLIENT_SECRET_FILE: clientSecretFile,
      EDUFLEET_ACCESS__OIDC__LABEL: 'Sở GD&ĐT',
      EDUFLEET_ACCESS__OIDC__ALLOW_CREATE: 'true',
      EDUFLEET_ACCESS__OIDC__MAPPING: '[{"value":"van-hanh","role":"operator"}]',
    };
    const ports = { http: String(port), gateway: '0', broker: '0' };
    hub = await startHub({ dataDir: folder, port: 0, ports, admin, settings });
    browser = await launchBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await hub?.[Symbol.asyncDispose]();
    await provider?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('goes to the provider and comes back signed in, or with a word why not', async () => {
    const context = await browser.newContext({ locale: 'vi-VN', reducedMotion: 'reduce' });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${url}/devices`);
    const button = page.getByRole('button', { name: 'Đăng nhập bằng Sở GD&ĐT' });
    await button.waitFor();
    for (const [width, name] of [
      [1280, 'sign-in-sso'],
      [360, 'sign-in-sso-phone'],
    ] as const) {
      await page.setViewportSize({ width, height: 740 });
      await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await seriousFindings(page)).toEqual([]);
    }
    provider.present = undefined;
    await button.click();
    await page.getByText('Bạn đã dừng đăng nhập.').waitFor();
    provider.people.set('mai', { email: 'mai@so.example', email_verified: true, name: 'Mai', groups: ['van-hanh'] });
    provider.present = 'mai';
    await button.click();
    await page.getByRole('heading', { name: 'Tổng quan' }).waitFor();
    await page.getByText('trực tiếp').waitFor();
    expect(new URL(page.url()).origin).toBe(url);
    await page.getByRole('button', { name: 'Tài khoản và hiển thị' }).click();
    await page.getByText('Người vận hành, Tỉnh Quảng Ngãi').waitFor();
    const strict = (await context.cookies(url)).filter(({ name }) => name.endsWith('session_token'));
    expect(strict).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }]);
    expect(errors).toEqual([]);
    await context.close();
  });
});
