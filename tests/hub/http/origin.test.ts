import { describe, expect, it } from 'vitest';
import { isForeign, type RequestOrigin } from '../../../hub/http/origin.ts';

const ours: RequestOrigin = {
  method: 'POST',
  own: 'http://127.0.0.1:8080',
  publicUrl: 'https://fleet.example/base',
  origin: undefined,
  fetchSite: undefined,
  hasCookie: true,
};

describe('whether a foreign page may have made a request', () => {
  it.each<[string, Partial<RequestOrigin>, boolean]>([
    ['a read', { method: 'GET', origin: 'http://evil.example' }, false],
    ['our own page', { origin: 'http://127.0.0.1:8080' }, false],
    ['the public address behind a proxy', { origin: 'https://fleet.example' }, false],
    ['the public name without its s', { origin: 'http://fleet.example' }, true],
    ['another port of our host', { origin: 'http://127.0.0.1:8081' }, true],
    ['another site', { origin: 'https://evil.example' }, true],
    ['a sandboxed frame', { origin: 'null' }, true],
    ['a browser that says same-origin', { fetchSite: 'same-origin' }, false],
    ['a browser that says same-site', { fetchSite: 'same-site' }, true],
    ['a browser that says none', { fetchSite: 'none' }, true],
    ['a cookie and no word', {}, true],
    ['no cookie and no word', { hasCookie: false }, false],
    ['no cookie, another site', { hasCookie: false, origin: 'https://evil.example' }, true],
    ['two words that differ', { origin: 'https://fleet.example', fetchSite: 'cross-site' }, true],
  ])('%s', (_name, request, foreign) => {
    expect(isForeign({ ...ours, ...request })).toBe(foreign);
  });
});
