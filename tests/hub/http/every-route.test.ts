import fc from 'fast-check';
import type { RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allows } from '../../../hub/access/permissions.ts';
import { roleSchema } from '../../../protocols/api/access/session.ts';
import { startTestServer, type TestServer } from './fake-features.ts';
import {
  askRoute,
  methodOf,
  nameOf,
  namesPlaceInRequest,
  ofOneself,
  ofSession,
  type Place,
  places,
  samples,
} from './route-walk.ts';

// Some thousand requests, on machines that have other work too.
describe('every route', { timeout: 60_000 }, () => {
  let started: TestServer;
  let routes: readonly RouteOptions[] = [];
  beforeAll(async () => {
    started = await startTestServer();
    routes = started.server.routes.filter(({ method }) => method !== 'HEAD');
  });
  afterAll(() => started[Symbol.asyncDispose]());

  const closed = () => routes.filter(({ config }) => !config?.open);

  const ask = (route: RouteOptions, place: Place, headers: Readonly<Record<string, string>>) =>
    askRoute(started.server.app, route, place, headers);

  it('sees them all', () => {
    expect(routes.length).toBeGreaterThan(30);
    expect(closed().length).toBeGreaterThan(22);
    const without = routes.filter((route) => route.schema?.body && !samples[nameOf(route)]).map(nameOf);
    expect(without, 'these take a body: give each a line in `samples`').toEqual([]);
  });

  it('is closed unless it is one of these', () => {
    const open = routes.filter(({ config, url }) => config?.open && !url.startsWith('/docs')).map(nameOf);
    expect(open.sort()).toEqual([
      'GET /api/auth/callback/oidc',
      'GET /api/auth/get-session',
      'GET /api/auth/sign-in/options',
      'GET /healthz',
      'GET /metrics',
      'GET /openapi.json',
      'GET /readyz',
      'GET /version',
      'POST /api/auth/sign-in/email',
      'POST /api/auth/sign-in/passkey',
      'POST /api/auth/sign-in/passkey/begin',
      'POST /api/auth/sign-in/sso',
      'POST /api/auth/sign-in/two-factor',
      'POST /api/auth/sign-out',
    ]);
    expect(closed().filter(({ config }) => config?.action === undefined)).toEqual([]);
  });

  it('answers 401 to whoever is not signed in, whatever the address names', async () => {
    for (const route of closed())
      for (const place of places)
        for (const headers of [{}, { authorization: 'Bearer nobody' }, { authorization: 'Basic YTpi' }]) {
          const { status, text } = await ask(route, place, headers);
          expect({ route: nameOf(route), status }).toEqual({ route: nameOf(route), status: 401 });
          expect(JSON.parse(text)).toMatchObject({ code: 'unauthenticated' });
        }
    expect(started.features.writes).toEqual([]);
  });

  it('never fails, and tells what is foreign like what is missing, to every role', async () => {
    for (const route of closed()) {
      const name = nameOf(route);
      for (const role of roleSchema.options) {
        started.features.writes.length = 0;
        const cookie = `session=${role}`;
        const isOfSession = ofSession.has(name);
        // A token cannot do what is for people alone, wherever it points.
        if (isOfSession && allows(role, route.config?.action ?? 'read'))
          for (const place of places)
            expect((await ask(route, place, { authorization: `Bearer ${role}`, cookie })).status, name).toBe(403);
        expect(started.features.writes).toEqual([]);
        const headers: Readonly<Record<string, string>> = isOfSession
          ? { cookie, origin: 'http://fleet.example' }
          : { authorization: `Bearer ${role}`, cookie };
        const foreign = await ask(route, 'foreign', headers);
        const missing = await ask(route, 'missing', headers);
        const writes = [...started.features.writes, ...started.features.entries.map(({ action }) => action)];
        const own = await ask(route, 'own', headers);
        started.features.entries.length = 0;
        const told = `${name} as ${role}`;
        for (const { status } of [own, foreign, missing]) expect(status, told).toBeLessThan(500);
        if (namesPlaceInRequest(route)) expect(writes, `${told} on what is not theirs`).toEqual([]);
        expect({ status: foreign.status, text: foreign.text }, told).toEqual({
          status: missing.status,
          text: missing.text,
        });
        const action = route.config?.action ?? 'read';
        // What of a place a supplier sees hangs on the device: real-features.test.ts.
        if (role === 'supplier' && allows(role, action)) continue;
        if (!allows(role, action)) {
          expect([own.status, foreign.status], told).toEqual([403, 403]);
          expect(started.features.writes, told).toEqual([]);
          continue;
        }
        expect(own.status, `${told}: ${own.text}`).toBeLessThan(300);
        const namesPlace = own.text !== foreign.text || own.status !== foreign.status;
        if (route.url.includes(':id') && !ofOneself.has(name)) expect(foreign.status, told).toBe(404);
        expect(namesPlace || !namesPlaceInRequest(route), told).toBe(true);
        if (namesPlace && !ofOneself.has(name)) expect([404, 422], told).toContain(foreign.status);
      }
    }
  });

  it('is closed to whoever must first put a password or a second factor right, but for what does just that', async () => {
    const reached = async (who: string, code: string) => {
      const names: string[] = [];
      for (const route of closed())
        for (const role of roleSchema.options) {
          const headers = { cookie: `session=${who}-${role}`, origin: 'http://fleet.example' };
          const { status, text } = await ask(route, 'own', headers);
          if (status === 403 && JSON.parse(text).code === code) continue;
          if (!names.includes(nameOf(route))) names.push(nameOf(route));
        }
      return names.sort();
    };
    started.features.writes.length = 0;
    expect(await reached('fresh', 'password-temporary')).toEqual(['POST /api/auth/change-password']);
    expect(await reached('bare', 'two-factor-required')).toEqual([
      'POST /api/auth/change-password',
      'POST /api/auth/passkeys',
      'POST /api/auth/passkeys/begin',
      'POST /api/auth/two-factor/confirm',
      'POST /api/auth/two-factor/enable',
    ]);
    expect(new Set(started.features.writes)).toEqual(
      new Set(['change-password', 'begin-two-factor', 'confirm-two-factor', 'begin-passkey', 'add-passkey']),
    );
  });

  it('gives a token that was narrowed to reading no other action, nor the other tokens', async () => {
    // Its own server: the limit of attempts per address is spent on the other.
    await using fresh = await startTestServer();
    for (const route of closed()) {
      const name = nameOf(route);
      const isClosed = route.config?.action !== 'read' || ofSession.has(name) || route.url.startsWith('/api/v1/tokens');
      for (const role of roleSchema.options) {
        const { status } = await askRoute(fresh.server.app, route, 'own', { authorization: `Bearer only-${role}` });
        expect({ name, role, refused: status === 403 }).toEqual({ name, role, refused: isClosed });
      }
    }
    expect(fresh.features.writes).toEqual([]);
  });

  it('gives pictures and answers of the API to no cache', async () => {
    for (const route of closed()) {
      const { headers } = await ask(route, 'own', { authorization: 'Bearer province-admin' });
      expect(headers['cache-control'], nameOf(route)).toBe('no-store');
    }
  });

  it('survives any query and any body', async () => {
    const word = fc.string({ unit: 'binary', maxLength: 20 });
    const fuzz = fc.record({
      route: fc.nat(),
      id: word.filter((text) => text !== '' && text !== '.' && text !== '..' && text.isWellFormed()),
      query: fc.dictionary(fc.oneof(word, fc.constantFrom('cursor', 'limit', 'q', 'unit', 'sort', 'device')), word, {
        maxKeys: 3,
      }),
      body: fc.oneof(
        fc.jsonValue().map((value) => JSON.stringify(value)),
        word,
      ),
    });
    await fc.assert(
      fc.asyncProperty(fuzz, async ({ route: index, id, query, body }) => {
        const route = routes[index % routes.length];
        if (!route || route.url.endsWith('/live')) return;
        const url = route.url.replace(':id', encodeURIComponent(id)).replace('*', encodeURIComponent(id));
        const response = await started.server.app.inject({
          method: methodOf(route),
          url: `${url}?${new URLSearchParams(query)}`,
          headers: {
            authorization: 'Bearer province-admin',
            ...(methodOf(route) === 'GET' ? {} : { 'content-type': 'application/json' }),
          },
          ...(methodOf(route) === 'GET' ? {} : { payload: body }),
        });
        expect(response.statusCode, `${nameOf(route)} ${response.body}`).toBeLessThan(500);
        if (response.statusCode >= 400)
          expect(response.headers['content-type'], url).toMatch(/^(application\/problem\+json|text\/plain)/);
      }),
      { numRuns: 400 },
    );
  });
});
