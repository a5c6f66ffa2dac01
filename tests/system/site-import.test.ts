import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readXlsx, writeXlsx } from 'hucre/xlsx';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devicesPage } from '../../protocols/api/devices.ts';
import { familiesList } from '../../protocols/api/families.ts';
import { unitsPage } from '../../protocols/api/units.ts';
import { ensureSchool, issueVoucher } from '../demo/adoption.ts';
import { enrolAgent, startAgent } from '../demo/agent.ts';
import { ensureDashboard } from '../demo/dashboard.ts';
import { startHub } from '../demo/hub.ts';
import { type Api, createApi, signIn, until } from '../support/api.ts';
import { hasBrowser, launchBrowser, seriousFindings } from '../support/browser.ts';
import { admin } from '../support/live-school.ts';
import { repositoryRoot } from '../support/modules.ts';

const shots = join(repositoryRoot, 'tests/.artifacts');

/** As a teacher does: the template, filled in, and a file with mistakes first. */
describe.skipIf(!hasBrowser)('rooms and devices of a school from one workbook, in Chromium', () => {
  const stack = new AsyncDisposableStack();
  let browser: Browser;
  let page: Page;
  let api: Api;
  let folder: string;
  let school: number;
  let template: Awaited<ReturnType<typeof readXlsx>>;

  beforeAll(async () => {
    await mkdir(shots, { recursive: true });
    await ensureDashboard(() => {});
    folder = await mkdtemp(join(tmpdir(), 'site-import-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const hub = stack.use(await startHub({ dataDir: join(folder, 'hub'), port: 0, admin, logLevel: 'warn' }));
    const { url, gatewayUrl } = hub.address;
    api = createApi(url, await signIn(url, admin.email, admin.password));
    ({ school } = await ensureSchool(api, 'THCS Nhập Bảng (mẫu)', []));
    const agent = { dataDir: join(folder, 'agent'), logLevel: 'warn' };
    await enrolAgent(agent, { gatewayUrl, voucher: await issueVoucher(api, school, 'Máy tính nhỏ') });
    stack.use(startAgent(agent));
    await until('the agent has told its families', 30_000, async () => {
      const { rows } = await api.get('/api/v1/families', familiesList);
      return rows.some(({ name }) => name === 'pjlink-projector');
    });
    browser = await launchBrowser();
    stack.defer(() => browser.close());
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'vi-VN' });
    page = await context.newPage();
    await page.goto(url);
    await page.getByLabel('Thư điện tử').fill(admin.email);
    await page.getByLabel('Mật khẩu').fill(admin.password);
    await page.getByRole('button', { name: 'Đăng nhập', exact: true }).click();
    await page.getByRole('heading', { name: 'Tổng quan' }).waitFor();
    await page.goto(`${url}/import?unit=${school}&of=site`);
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  /** The downloaded template with rows below its headers. */
  const filled = async (name: string, rooms: readonly string[][], devices: readonly string[][]) => {
    const more = [rooms, devices];
    const sheets = template.sheets.map((sheet, at) => ({
      name: sheet.name,
      rows: [...sheet.rows.map((row) => [...row]), ...(more[at] ?? [])],
    }));
    const path = join(folder, name);
    await writeFile(path, await writeXlsx({ sheets }));
    return path;
  };
  const upload = async (path: string) => {
    await page.locator('input[type="file"]').setInputFiles(path);
    await page.getByText('Đang đọc').waitFor({ state: 'detached' });
  };
  const look = async (name: string) => {
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
    expect(await seriousFindings(page), name).toEqual([]);
  };
  const room = ['A', '2', 'Phòng 7', 'A207'];
  const projector = [
    'Máy chiếu phòng 7',
    'A207',
    'Máy chiếu',
    '192.168.1.20',
    '4352',
    '',
    'bi-mat-cua-may',
    '',
    '',
    '',
  ];

  it('gives a template that names each column, and the kinds that may be chosen', async () => {
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Tải tệp mẫu' }).click();
    const path = join(folder, 'mau.xlsx');
    await (await download).saveAs(path);
    template = await readXlsx(new Uint8Array(await readFile(path)));
    expect(template.sheets.map(({ name }) => name)).toEqual(['Phòng', 'Thiết bị', 'Ví dụ']);
    expect(template.sheets[1]?.rows[0]).toContain('Loại thiết bị');
  });

  it('tells mistakes by row and cell, and writes nothing', async () => {
    const rooms = [room, ['A', '2', '', 'A208']];
    const devices = [projector, ['Máy lạ', 'A999', 'Tủ lạnh', 'không phải địa chỉ', '99999', '', '', '', '', '']];
    await upload(await filled('sai.xlsx', rooms, devices));
    await page.getByText('A999').first().waitFor();
    const text = await page.locator('main').textContent();
    for (const cell of ['C3', 'B3', 'D3', 'E3']) expect(text, cell).toContain(cell);
    expect(text).not.toContain('bi-mat-cua-may');
    expect(await page.getByRole('button', { name: 'Ghi tất cả' }).count()).toBe(0);
    await look('site-import-mistakes');
    expect((await api.get(`/api/v1/units?parent=${school}`, unitsPage)).total).toBe(0);
  });

  it('shows what each row comes to, and writes it when a person has said why', async () => {
    const path = await filled('dung.xlsx', [room], [projector]);
    await upload(path);
    await page.getByLabel('Lý do').fill('Danh sách thiết bị đầu năm học');
    await look('site-import-preview');
    await page.getByRole('button', { name: 'Ghi tất cả' }).click();
    await page.getByText('Đã ghi.').waitFor();
    await look('site-import-written');
    const { rows } = await api.get(`/api/v1/devices?unit=${school}&family=pjlink-projector`, devicesPage);
    expect(rows).toMatchObject([{ name: 'Máy chiếu phòng 7', unit: { name: 'Phòng 7' } }]);
    await upload(path);
    await page.getByText('Không có gì để ghi').waitFor();
  });
});
