import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, describe, expect, it } from 'vitest';
import { checkUrl, isPublic } from '../../../hub/notifications/channels/address-guard.ts';
import { createMailChannel, type MailSettings } from '../../../hub/notifications/channels/mail.ts';
import { createWebhookChannel, newSecret } from '../../../hub/notifications/channels/webhook.ts';
import { createZaloChannel, type ZaloTokens } from '../../../hub/notifications/channels/zalo.ts';
import { contentOf, type Item } from '../../../hub/notifications/message/content.ts';
import { openAuthority } from '../../../provisioning/authority/index.ts';
import { systemClock as clock } from '../../../provisioning/platform/clock.ts';
import { temporaryFolder } from '../../support/store.ts';
import { readMail, startMailServer, startReceiver } from './judges.ts';

const { signal } = new AbortController();
const item: Item = {
  what: 'opening',
  causeId: 'c1',
  title: { vi: 'Thiết bị quá nóng', en: 'The device is too hot' },
  next: { vi: 'Tắt thiết bị cho nguội', en: 'Let it cool down' },
  place: 'Phòng 7, THPT <Đặng> & Thuỳ Trâm',
  about: 'Bảng 7',
  severity: 'critical',
  affected: 43,
  openedAt: '2026-03-02T00:32:00.000Z',
};
const reader = { language: 'vi' as const, timeZone: 'Asia/Ho_Chi_Minh' };
const message = (id: string, rootId?: string) => ({
  id,
  subject: 'Khẩn cấp: Thiết bị quá nóng – THPT Đặng Thuỳ Trâm',
  content: contentOf(rootId ? 'closing' : 'opening', [
    rootId ? { ...item, what: 'closing', resolvedAt: '2026-03-02T02:37:00.000Z' } : item,
  ]),
  rootId,
  createdAtMs: Date.UTC(2026, 2, 2),
  reader,
});
const mailSettings = (port: number, more: Partial<MailSettings> = {}): MailSettings => ({
  host: '127.0.0.1',
  port,
  security: 'none',
  user: undefined,
  password: undefined,
  from: 'Edufleet <fleet@so.example>',
  ca: undefined,
  ...more,
});
const an = { email: 'an@school.example', name: 'Ngô Thị Hà' };

describe('e-mail', () => {
  const folder = temporaryFolder();
  afterAll(() => folder[Symbol.dispose]());

  it('is read by another reader as it was meant, in a thread of its own', async () => {
    await using server = await startMailServer();
    const channel = createMailChannel(mailSettings(server.port), 'https://fleet.example');
    await channel.send(message('one'), an, signal);
    await channel.send(message('two', 'one'), an, signal);
    const [first, second] = server.mails.map(({ raw }) => readMail(raw));
    expect(server.mails[0]).toMatchObject({ from: 'fleet@so.example', to: ['an@school.example'] });
    expect(first?.headers).toMatchObject({
      subject: 'Khẩn cấp: Thiết bị quá nóng – THPT Đặng Thuỳ Trâm',
      'message-id': '<one@so.example>',
      to: 'Ngô Thị Hà <an@school.example>',
      'auto-submitted': 'auto-generated',
    });
    expect(first?.plain).toContain('Nơi: Phòng 7, THPT <Đặng> & Thuỳ Trâm, Bảng 7');
    expect(first?.plain).toMatch(/Từ: .*07:32|Từ: 07:32/);
    expect(first?.plain).toContain('Ảnh hưởng: 43 thiết bị');
    expect(first?.html).toContain('THPT &lt;Đặng&gt; &amp; Thuỳ Trâm');
    expect(first?.html).toContain('<a href="https://fleet.example/causes/c1">');
    expect(second?.headers).toMatchObject({
      subject: 'Re: Khẩn cấp: Thiết bị quá nóng – THPT Đặng Thuỳ Trâm',
      'in-reply-to': '<one@so.example>',
      references: '<one@so.example>',
    });
    expect(second?.plain).toContain('Kéo dài: 2 giờ 5 phút');
  });

  it('goes in the clear to nobody when STARTTLS is asked for, and over TLS when the server can', async () => {
    const { cert, key, ca } = await certificate(folder.path);
    await using open = await startMailServer({ disabledCommands: ['AUTH', 'STARTTLS'] });
    const bare = createMailChannel(mailSettings(open.port, { security: 'starttls' }), undefined);
    await expect(bare.send(message('x'), an, signal)).rejects.toMatchObject({ code: 'mail-away' });
    expect(open.mails).toEqual([]);
    await using server = await startMailServer({ cert, key });
    const unknown = createMailChannel(mailSettings(server.port, { security: 'starttls' }), undefined);
    await expect(unknown.send(message('x'), an, signal)).rejects.toMatchObject({ code: 'mail-away' });
    const known = createMailChannel(mailSettings(server.port, { security: 'starttls', ca }), undefined);
    await known.send(message('x'), an, signal);
    expect(server.mails).toMatchObject([{ secure: true }]);
  });

  it('tells a refused recipient, a server that wants more time, and one that is away apart', async () => {
    await using server = await startMailServer();
    const channel = createMailChannel(mailSettings(server.port), undefined);
    await expect(channel.send(message('x'), { ...an, email: 'gone@x.example' }, signal)).rejects.toMatchObject({
      name: 'FatalError',
      code: 'mail-refused',
    });
    server.state.failing = true;
    await expect(channel.send(message('x'), an, signal)).rejects.toMatchObject({ name: 'RecoverableError' });
    const nobody = createMailChannel(mailSettings(1), undefined);
    await expect(nobody.send(message('x'), an, signal)).rejects.toMatchObject({ code: 'mail-away' });
    const stopped = AbortSignal.abort(new Error('stop'));
    await expect(channel.send(message('x'), an, stopped)).rejects.toThrow();
  });
});

describe('webhooks', () => {
  const allowed = { allowHttp: true, allowPrivate: true };

  it('verify at the receiver by its own library, with the same id each time', async () => {
    await using receiver = await startReceiver(() => ({ status: 204 }));
    const secret = newSecret();
    const channel = createWebhookChannel({ rules: allowed, publicUrl: 'https://fleet.example', clock });
    await channel.send(message('m1'), { url: receiver.url, secret }, signal);
    await channel.send(message('m1'), { url: receiver.url, secret }, signal);
    const [first, second] = receiver.calls;
    const headers = first!.headers as Record<string, string>;
    expect(new Webhook(secret).verify(first!.body, headers)).toMatchObject({
      type: 'problem.opened',
      timestamp: '2026-03-02T00:00:00.000Z',
      data: { problems: [{ id: 'c1', severity: 'critical', url: 'https://fleet.example/causes/c1' }] },
    });
    expect(second?.headers['webhook-id']).toBe('m1');
    expect(() => new Webhook(newSecret()).verify(first!.body, headers)).toThrow();
    expect(() => new Webhook(secret).verify(first!.body.replace('c1', 'c2'), headers)).toThrow();
  });

  it('count only 2xx as taken, follow no redirect, and read no endless answer', async () => {
    await using receiver = await startReceiver(({ url }) => ({
      status: Number(url.slice(1)),
      body: 'x'.repeat(200_000),
    }));
    const channel = createWebhookChannel({ rules: allowed, publicUrl: undefined, clock });
    const to = (status: number) =>
      channel.send(message('m'), { url: `${receiver.url}/${status}`, secret: newSecret() }, signal);
    await to(200);
    await expect(to(302)).rejects.toMatchObject({ name: 'RecoverableError', code: 'endpoint-refused' });
    await expect(to(500)).rejects.toMatchObject({ name: 'RecoverableError' });
    await expect(to(410)).rejects.toMatchObject({ name: 'FatalError', code: 'endpoint-gone' });
    expect(receiver.calls).toHaveLength(4);
  });

  it('go to no private address, by number or by name, unless that is allowed', async () => {
    const closed = { allowHttp: true, allowPrivate: false };
    for (const url of ['http://127.0.0.1/', 'http://10.1.2.3/', 'http://[::1]/', 'http://[fd00::1]/', 'http://0x7f.1/'])
      expect(() => checkUrl(url, closed), url).toThrow(/not of the public internet/);
    expect(() => checkUrl('http://x.example/', { ...closed, allowHttp: false })).toThrow(/https/);
    expect(() => checkUrl('https://an:secret@x.example/', closed)).toThrow(/password/);
    expect(() => checkUrl('ftp://x.example/', closed)).toThrow();
    await using receiver = await startReceiver(() => ({ status: 204 }));
    const channel = createWebhookChannel({ rules: closed, publicUrl: undefined, clock });
    const url = receiver.url.replace('127.0.0.1', 'localhost');
    await expect(channel.send(message('m'), { url, secret: newSecret() }, signal)).rejects.toMatchObject({
      code: 'endpoint-address',
    });
    expect(receiver.calls).toEqual([]);
    expect(['8.8.8.8', '2606:4700::1'].every(isPublic)).toBe(true);
    const inner = ['192.168.1.1', '169.254.169.254', '100.64.0.1', 'fe80::1', '::ffff:10.0.0.1', '2001:db8::1', 'x'];
    expect(inner.some(isPublic)).toBe(false);
  });
});

describe('Zalo', () => {
  const settings = (url: string) => ({ appId: '123', secretKey: 'app-secret', apiUrl: url, oauthUrl: url });
  const keep = (start: ZaloTokens) => {
    const state = { tokens: start, claimed: false, problem: undefined as string | undefined };
    return {
      state,
      read: async () => state.tokens,
      claim: async () => {
        if (state.claimed) return false;
        state.claimed = true;
        return true;
      },
      save: async (tokens: ZaloTokens) => void Object.assign(state, { tokens, claimed: false, problem: undefined }),
      fail: async (problem: string) => void Object.assign(state, { problem, claimed: false }),
    };
  };

  it('sends with a fresh token, and uses up each refresh token once', async () => {
    let granted = 0;
    await using service = await startReceiver(({ url, headers, body }) => {
      if (url === '/v4/oa/access_token') {
        const wanted = `refresh-${granted}`;
        const form = new URLSearchParams(body);
        if (headers['secret_key'] !== 'app-secret' || form.get('refresh_token') !== wanted)
          return { status: 200, body: '{"error":-14020,"error_name":"Invalid refresh token"}' };
        granted++;
        const pair = { access_token: `access-${granted}`, refresh_token: `refresh-${granted}`, expires_in: '90000' };
        return { status: 200, body: JSON.stringify(pair) };
      }
      const good = headers['access_token'] === `access-${granted}`;
      return { status: 200, body: good ? '{"error":0,"message":"Success"}' : '{"error":-216,"message":"expired"}' };
    });
    const tokens = keep({ accessToken: undefined, refreshToken: 'refresh-0', expiresAtMs: undefined });
    const channel = createZaloChannel({
      settings: settings(service.url),
      tokens,
      publicUrl: 'https://f.example',
      clock,
    });
    await channel.send(message('m1'), '4242', signal);
    const sent = service.calls.find(({ url }) => url === '/v3.0/oa/message/cs');
    const body = JSON.parse(sent!.body) as { recipient: { user_id: string }; message: { text: string } };
    expect(body.recipient).toEqual({ user_id: '4242' });
    expect(body.message.text).toContain('Khẩn cấp: Thiết bị quá nóng');
    expect(tokens.state.tokens).toMatchObject({ accessToken: 'access-1', refreshToken: 'refresh-1' });
    await channel.send(message('m2'), '4242', signal);
    expect(granted).toBe(1);
    tokens.state.tokens = { ...tokens.state.tokens, accessToken: 'revoked' };
    await channel.send(message('m3'), '4242', signal);
    expect(granted).toBe(2);
    tokens.state.tokens = { accessToken: undefined, refreshToken: 'used-up', expiresAtMs: undefined };
    await expect(channel.send(message('m4'), '4242', signal)).rejects.toMatchObject({ code: 'zalo-not-linked' });
    expect(tokens.state).toMatchObject({ claimed: false, problem: expect.stringContaining('link') });
    tokens.state.claimed = true;
    await expect(channel.send(message('m5'), '4242', signal)).rejects.toMatchObject({ code: 'zalo-refreshing' });
  });

  it('knows a refusal from a passing trouble, and believes no answer that it cannot read', async () => {
    let answer = { status: 200, body: '' };
    await using service = await startReceiver(() => answer);
    const tokens = keep({ accessToken: 'a', refreshToken: 'r', expiresAtMs: clock.now() + 3_600_000 });
    const channel = createZaloChannel({ settings: settings(service.url), tokens, publicUrl: undefined, clock });
    const send = () => channel.send(message('m'), '4242', signal);
    answer = { status: 200, body: '{"error":-230,"message":"not interacted"}' };
    await expect(send()).rejects.toMatchObject({ name: 'FatalError', code: 'zalo-refused' });
    answer = { status: 200, body: '{"error":-32,"message":"rate limit"}' };
    await expect(send()).rejects.toMatchObject({ name: 'RecoverableError', code: 'zalo-busy' });
    answer = { status: 200, body: '<html>' };
    await expect(send()).rejects.toMatchObject({ code: 'zalo-away' });
    answer = { status: 503, body: '{"error":0}' };
    await expect(send()).rejects.toMatchObject({ code: 'zalo-away' });
  });
});

/** Of an authority of its own, which nobody knows. */
async function certificate(folder: string) {
  const authority = await openAuthority({ folder: join(folder, 'authority'), clock });
  const { keyPem, chainPem } = await authority.serverIdentity(['127.0.0.1', 'localhost']);
  return { key: keyPem, cert: chainPem, ca: authority.clientTrustPems.join('\n') };
}
