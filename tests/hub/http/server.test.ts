import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { problemDetailsSchema } from '../../../protocols/api/page.ts';
import { RecoverableError } from '../../../protocols/errors.ts';
import { startTestServer, type TestServer } from './fake-features.ts';

const operator = { authorization: 'Bearer operator' };
const json = { 'content-type': 'application/json' };

describe('http server', () => {
  let started: TestServer;
  beforeAll(async () => {
    started = await startTestServer();
  });
  afterAll(() => started[Symbol.asyncDispose]());
  beforeEach(() => {
    started.features.writes.length = 0;
    started.features.entries.length = 0;
  });

  const ask = (options: InjectOptions) => started.server.app.inject(options);
  const problemOf = async (options: InjectOptions) => {
    const response = await ask(options);
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    const problem = problemDetailsSchema.parse(response.json());
    expect(problem.status).toBe(response.statusCode);
    return { ...problem, headers: response.headers };
  };
  const post = (url: string, body: unknown, headers: Readonly<Record<string, string>> = operator): InjectOptions => ({
    method: 'POST',
    url,
    headers: { ...json, ...headers },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  });

  describe('errors', () => {
    it('names an unknown query key, a wrong value and an unknown field of a body', async () => {
      const unknown = await problemOf({ url: '/api/v1/devices?helth=ok', headers: operator });
      expect(unknown).toMatchObject({ status: 422, code: 'invalid-input', errors: [{ field: 'helth' }] });
      const wrong = await problemOf({ url: '/api/v1/devices?limit=1000&health=nice', headers: operator });
      expect(wrong.errors?.map(({ field }) => field)).toEqual(expect.arrayContaining(['limit', 'health.0']));
      const body = await problemOf(post('/api/v1/devices/own-device/commands', { capability: 'power', nam: 'on' }));
      expect(body.errors?.map(({ field }) => field)).toEqual(expect.arrayContaining(['name', 'nam']));
    });

    it('refuses what is no JSON, too much, or of another type', async () => {
      const url = '/api/v1/proposals/adopt';
      expect(await problemOf(post(url, '{"items":'))).toMatchObject({ status: 400, code: 'malformed-json' });
      expect(await problemOf(post(url, ''))).toMatchObject({ status: 400 });
      expect(await problemOf(post(url, '{"__proto__":{"admin":true}}'))).toMatchObject({ status: 400 });
      expect(await problemOf(post(url, `"${'x'.repeat(300_000)}"`))).toMatchObject({ status: 413, code: 'too-large' });
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/jsonx',
        'multipart/form-data',
      ])
        expect(await problemOf(post(url, 'a=b', { ...operator, 'content-type': type }))).toMatchObject({ status: 415 });
      const typed = await ask(
        post(
          '/api/v1/proposals/refuse',
          { proposals: ['own-p'] },
          { ...operator, 'content-type': 'application/json; charset=utf-8' },
        ),
      );
      expect(typed.statusCode).toBe(200);
    });

    it('refuses text that the database cannot hold, wherever it comes', async () => {
      const named = (name: string) =>
        post('/api/v1/tokens', `{"name":"${name}"}`, { cookie: 'session=operator', origin: 'http://fleet.example' });
      expect(await problemOf(named('a\\u0000'))).toMatchObject({ status: 422, errors: [{ field: 'name' }] });
      expect(await problemOf(named('a\\ud800'))).toMatchObject({ status: 422, errors: [{ field: 'name' }] });
      const deep = `{"capability":"power","name":"on","args":{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}}`;
      expect(await problemOf(post('/api/v1/devices/own-device/commands', deep))).toMatchObject({ status: 422 });
      expect(await problemOf({ url: '/api/v1/devices?q=%00', headers: operator })).toMatchObject({ status: 422 });
      expect(await problemOf({ url: '/api/v1/devices/own%00device', headers: operator })).toMatchObject({
        status: 404,
      });
    });

    it('tells an unknown address, a malformed one and a wrong method alike', async () => {
      for (const url of ['/api/v1/nothing', '/api/v2/devices', '/%c0', '/api/v1/devices/%zz'])
        expect(await problemOf({ url, headers: operator })).toMatchObject({ status: 404, code: 'not-found' });
      expect(await problemOf({ method: 'DELETE', url: '/api/v1/devices', headers: operator })).toMatchObject({
        status: 404,
      });
    });

    it('keeps the words of its own faults to the log, and says when to come back', async () => {
      const broken = { ...started.features.health };
      const overview = async (thrown: Error) => {
        started.features.health.overview = () => {
          throw thrown;
        };
        const problem = await problemOf({ url: '/api/v1/overview', headers: operator });
        started.features.health.overview = broken.overview;
        return problem;
      };
      const fault = await overview(new Error('password of the database is 1234'));
      expect(fault).toMatchObject({ status: 500, code: 'internal' });
      expect(JSON.stringify(fault)).not.toContain('1234');
      expect(fault.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' });
      expect(await overview(refused)).toMatchObject({ status: 503, code: 'database-unavailable' });
      const away = await overview(new RecoverableError('database-unavailable', 'The database does not answer.'));
      expect(away).toMatchObject({ status: 503, code: 'database-unavailable', headers: { 'retry-after': '5' } });
    });

    it('does not send an answer that does not fit the contract', async () => {
      const { overview } = started.features.health;
      started.features.health.overview = () => ({ secret: 'x' }) as never;
      expect(await problemOf({ url: '/api/v1/overview', headers: operator })).toMatchObject({ status: 500 });
      started.features.health.overview = async () => ({ ...(await overview({ paths: [] })), secret: 'x' });
      const stripped = await ask({ url: '/api/v1/overview', headers: operator });
      expect(stripped.json()).not.toHaveProperty('secret');
      started.features.health.overview = overview;
    });
  });

  describe('pages of others (CSRF)', () => {
    const refuse = '/api/v1/proposals/refuse';
    const body = { proposals: ['own-p'] };
    const cookie = 'session=operator';

    it('takes a change by cookie only with a word of the browser that it comes from our page', async () => {
      const status = async (headers: Readonly<Record<string, string>>) =>
        (await ask(post(refuse, body, { cookie, ...headers }))).statusCode;
      expect(await status({ origin: 'http://fleet.example' })).toBe(200);
      expect(await status({ origin: 'http://other.lan' })).toBe(403);
      expect(await status({ origin: 'https://other.lan', host: 'other.lan' })).toBe(403);
      expect(await status({ origin: 'http://other.lan', host: 'other.lan' })).toBe(200);
      expect(await status({ 'sec-fetch-site': 'same-origin' })).toBe(200);
      expect(await status({})).toBe(403);
      expect(await status({ origin: 'http://evil.example' })).toBe(403);
      expect(await status({ origin: 'null' })).toBe(403);
      expect(await status({ 'sec-fetch-site': 'cross-site', origin: 'http://fleet.example' })).toBe(403);
      expect(await status({ 'sec-fetch-site': 'same-site' })).toBe(403);
    });

    it('lets a program with a token say nothing about origins, and never lets a foreign page sign in', async () => {
      expect((await ask(post(refuse, body))).statusCode).toBe(200);
      const signIn = { email: 'an@school.example', password: 'right password' };
      const refused = await problemOf(post('/api/auth/sign-in/email', signIn, { origin: 'http://evil.example' }));
      expect(refused).toMatchObject({ status: 403, code: 'foreign-origin' });
      expect((await ask(post('/api/auth/sign-in/email', signIn, {}))).statusCode).toBe(200);
    });

    it('does not believe X-Forwarded-Host of whoever is no trusted proxy', async () => {
      const headers = { cookie, origin: 'http://evil.example', 'x-forwarded-host': 'evil.example' };
      expect((await ask(post(refuse, body, headers))).statusCode).toBe(403);
    });
  });

  describe('headers', () => {
    it('allows scripts, styles and connections of ours only, and no frame', async () => {
      const { headers } = await ask({ url: '/api/v1/me', headers: operator });
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('http:');
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      expect(headers['strict-transport-security']).toBeUndefined();
    });

    it('demands https for the future where it is served by https', async () => {
      await using secure = await startTestServer({ publicUrl: 'https://fleet.example' });
      const { headers } = await secure.server.app.inject({ url: '/healthz' });
      expect(headers['strict-transport-security']).toContain('max-age=31536000');
    });
  });

  describe('what is written down', () => {
    it('keeps the reading of a picture with its purpose before the bytes leave', async () => {
      const { append } = started.features.audit;
      started.features.audit.append = () => Promise.reject(new RecoverableError('audit-busy', 'behind'));
      expect(await problemOf({ url: '/api/v1/pictures/own-c?purpose=look+at+it', headers: operator })).toMatchObject({
        status: 503,
      });
      started.features.audit.append = append;
      expect(await problemOf({ url: '/api/v1/pictures/own-c', headers: operator })).toMatchObject({ status: 422 });
      const response = await ask({ url: '/api/v1/pictures/own-c?purpose=look+at+it', headers: operator });
      expect(response).toMatchObject({
        statusCode: 200,
        headers: { 'content-type': 'image/jpeg', 'cache-control': 'no-store' },
      });
      expect(response.rawPayload).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
      expect(started.features.entries).toEqual([
        expect.objectContaining({
          actor: 'user-operator',
          action: 'picture.view',
          subject: 'device:own-device',
          unitId: 2,
          reason: 'look at it',
        }),
      ]);
    });

    it('keeps sign-in, right and wrong, adoption, refusal, units, changes of devices, tokens and passwords', async () => {
      const session = { cookie: 'session=province-admin', origin: 'http://fleet.example' };
      const email = 'An@school.example';
      await ask(post('/api/auth/sign-in/email', { email, password: 'my secret' }, {}));
      await ask(post('/api/auth/sign-in/email', { email, password: 'right password' }, {}));
      await ask(post('/api/v1/proposals/adopt', { items: [{ proposal: 'own-p' }], dryRun: true }));
      await ask(post('/api/v1/proposals/adopt', { items: [{ proposal: 'own-p' }] }));
      await ask(post('/api/v1/proposals/refuse', { proposals: ['own-p'], reason: 'not ours' }));
      await ask(post('/api/v1/units', { parent: 2, kind: 'room', name: 'Phòng 7' }, session));
      await ask({ ...post('/api/v1/devices/own-device', { lifecycle: 'maintenance' }), method: 'PATCH' });
      await ask(post('/api/v1/tokens', { name: 't' }, session));
      await ask({ method: 'DELETE', url: '/api/v1/tokens/own-t', headers: session });
      await ask(
        post('/api/auth/change-password', { currentPassword: 'a', newPassword: 'a long new password' }, session),
      );
      await ask({ method: 'POST', url: '/api/auth/sign-out', headers: session });
      expect(started.features.entries.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
        'sign-in.fail email:an@school.example',
        'sign-in.succeed email:an@school.example',
        'proposal.adopt device:own-device',
        'proposal.refuse proposal:own-p',
        'unit.create unit:2',
        'device.update device:own-device',
        'token.create token:own-token',
        'token.revoke token:own-t',
        'password.change email:province-admin@school.example',
        'sign-out email:province-admin@school.example',
      ]);
      expect(JSON.stringify(started.features.entries)).not.toMatch(/my secret|right password|long new/);
    });
  });

  describe('repeated requests', () => {
    const create = (
      key: string,
      body: unknown = { capability: 'power', name: 'on' },
      authorization = 'Bearer operator',
    ) => post('/api/v1/devices/own-device/commands', body, { authorization, 'idempotency-key': key });

    it('gives one answer for one Idempotency-Key, and acts once', async () => {
      const [first, second] = await Promise.all([ask(create('k1')), ask(create('k1'))]);
      expect(first.statusCode).toBe(201);
      expect(second.body).toBe(first.body);
      expect(started.features.writes).toEqual(['create-command']);
      expect((await ask(create('k2'))).body).not.toBe(first.body);
      expect((await ask(create('k1', undefined, 'Bearer engineer'))).body).not.toBe(first.body);
      await started.clock.advance(600_000);
      expect((await ask(create('k1'))).body).not.toBe(first.body);
    });

    it('refuses the key with another body, and a key that is none', async () => {
      await ask(create('k3'));
      expect(await problemOf(create('k3', { capability: 'power', name: 'off' }))).toMatchObject({
        status: 422,
        code: 'idempotency-key-reused',
      });
      expect(await problemOf(create('a b'))).toMatchObject({ status: 422, errors: [{ field: 'Idempotency-Key' }] });
    });
  });

  describe('limits', () => {
    it('slows down whoever tries many passwords from one address', async () => {
      await using fresh = await startTestServer();
      const attempt = () =>
        fresh.server.app.inject(post('/api/auth/sign-in/email', { email: 'a@b.vn', password: 'x' }, {}));
      for (let i = 0; i < 60; i++) expect((await attempt()).statusCode).toBe(401);
      const last = await attempt();
      expect(last.json()).toMatchObject({ status: 429, code: 'too-many-requests' });
      expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
    });

    it('tells a locked person when to come back', async () => {
      const { signIn } = started.features.access;
      started.features.access.signIn = () =>
        Promise.reject(new RecoverableError('locked-out', 'Locked.', { details: { retryAfterMs: 290_500 } }));
      const problem = await problemOf(post('/api/auth/sign-in/email', { email: 'a@b.vn', password: 'x' }, {}));
      started.features.access.signIn = signIn;
      expect(problem).toMatchObject({ status: 429, headers: { 'retry-after': '291' } });
    });

    it('turns requests away while the process is late, but still says that it lives', async () => {
      await using late = await startTestServer({
        overload: { overloaded: true, delayMs: 900, [Symbol.asyncDispose]: async () => {} },
      });
      const turned = await late.server.app.inject({ url: '/api/v1/me', headers: operator });
      expect(turned.json()).toMatchObject({ status: 503, code: 'overloaded' });
      expect(turned.headers['retry-after']).toBe('5');
      for (const url of ['/healthz', '/readyz', '/metrics'])
        expect((await late.server.app.inject({ url })).statusCode).toBe(200);
    });

    it('lets no token make another, nor try passwords', async () => {
      const change = { currentPassword: 'x', newPassword: 'a long new password' };
      expect(await problemOf(post('/api/auth/change-password', change))).toMatchObject({ status: 403 });
      expect(await problemOf(post('/api/v1/tokens', { name: 'x' }))).toMatchObject({ status: 403, code: 'forbidden' });
    });
  });

  describe('machines', () => {
    it('says which part is not ready, also when it does not answer', async () => {
      await using broken = await startTestServer({
        ready: [
          { name: 'database', check: async () => {} },
          { name: 'broker', check: () => Promise.reject(new Error('no')) },
          { name: 'silent', check: () => new Promise(() => {}) },
        ],
      });
      const answer = broken.server.app.inject({ url: '/readyz' });
      await broken.clock.advance(2_000);
      expect((await answer).statusCode).toBe(503);
      expect((await answer).json()).toEqual({
        status: 'not-ready',
        parts: { database: 'ok', broker: 'failed', silent: 'failed' },
      });
    });

    it('gives metrics to this machine and to readers of the province, not to what a proxy passes on', async () => {
      const status = async (headers: Readonly<Record<string, string>>, remoteAddress = '127.0.0.1') =>
        (await ask({ url: '/metrics', headers, remoteAddress })).statusCode;
      expect(await status({})).toBe(200);
      expect(await status({}, '::1')).toBe(200);
      expect(await status({}, '10.0.0.9')).toBe(403);
      expect(await status({ 'x-forwarded-for': '127.0.0.1' })).toBe(403);
      expect(await status(operator, '10.0.0.9')).toBe(403);
      expect(await status({ authorization: 'Bearer root-operator' }, '10.0.0.9')).toBe(200);
      const { body } = await ask({ url: '/metrics' });
      expect(body).toMatch(
        /edufleet_http_request_duration_seconds_count\{[^}]*route="\/api\/v1\/devices\/:id\/commands"/,
      );
      expect(body).not.toContain('own-device');
    });

    it('serves the documentation from this machine alone', async () => {
      const page = await ask({ url: '/docs' });
      expect(page.statusCode).toBe(200);
      expect(page.body).not.toMatch(/(src|href)="https?:/);
      for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-initializer.js'])
        expect((await ask({ url: `/docs/static/${file}` })).statusCode).toBe(200);
      expect((await ask({ url: '/openapi.json' })).json()).toMatchObject({ openapi: '3.1.0' });
    });
  });

  describe('dashboard', () => {
    let folder: string;
    let dashboard: TestServer;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'edufleet-dashboard-'));
      mkdirSync(join(folder, 'dist', 'assets'), { recursive: true });
      writeFileSync(join(folder, 'dist', 'index.html'), '<!doctype html><title>Edufleet</title>');
      writeFileSync(join(folder, 'dist', 'assets', 'app-abc.js'), 'export {};');
      writeFileSync(join(folder, 'secret.txt'), 'secret');
      writeFileSync(join(folder, 'dist', '.env'), 'secret');
      dashboard = await startTestServer({ dashboardDir: join(folder, 'dist') });
    });
    afterAll(async () => {
      await dashboard[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    });
    const get = (url: string, accept = 'text/html') => dashboard.server.app.inject({ url, headers: { accept } });

    it('answers every page with the index, which no cache keeps', async () => {
      for (const url of ['/', '/devices', '/devices/abc?tab=events', '/index.html', '/truong/nghĩa-lộ']) {
        const response = await get(encodeURI(url));
        expect(response.statusCode, url).toBe(200);
        expect(response.body, url).toContain('<title>Edufleet</title>');
        expect(response.headers['cache-control'], url).toBe('no-cache');
      }
    });

    it('lets caches keep what has a hash in its name', async () => {
      const response = await get('/assets/app-abc.js', '*/*');
      expect(response).toMatchObject({
        statusCode: 200,
        headers: { 'cache-control': 'public, max-age=31536000, immutable' },
      });
      expect(response.headers['content-type']).toContain('javascript');
    });

    it('never answers a program or a lost file with the page', async () => {
      for (const url of ['/api/v1/nothing', '/api', '/assets/gone.js', '/docs/nothing', '/healthz/x', '/assets/'])
        expect((await get(url)).statusCode, url).toBe(404);
      expect((await get('/devices', 'application/json')).statusCode).toBe(404);
    });

    it('gives nothing outside its folder and nothing hidden', async () => {
      for (const url of ['/../secret.txt', '/..%2fsecret.txt', '/assets/..%2f..%2fsecret.txt', '/.env'])
        expect((await get(url, '*/*')).body, url).not.toContain('secret\n');
      for (const url of ['/..%2fsecret.txt', '/assets/..%2f..%2fsecret.txt', '/.env'])
        expect((await get(url, '*/*')).statusCode, url).toBeGreaterThanOrEqual(400);
    });
  });
});
