import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { everything } from '../../support/fleet.ts';
import { describeStores } from '../../support/store.ts';
import { readMail, startMailServer, startReceiver } from './judges.ts';
import { createScene, wanted } from './scene.ts';

const minute = 60_000;
const mailOf = (port: number) => ({
  mail: { host: '127.0.0.1', port, security: 'none' as const, from: 'fleet@so.example' },
});
const { signal } = new AbortController();

describeStores('delivery of notifications', (open) => {
  it('is tried again while a server fails, lands among the dead, and is sent again by a person', async () => {
    await using server = await startMailServer({ hideSTARTTLS: true });
    const scene = await createScene(await open(), mailOf(server.port));
    const { notifications, clock } = scene;
    const an = await scene.addPerson('an');
    await notifications.subscribe(everything, an, wanted('email'));
    await scene.open(['c1']);
    await scene.pass(3 * minute, minute);
    server.state.failing = true;
    for (let round = 0; round < 10; round++) {
      await scene.deliver();
      await clock.advance(8 * 60 * minute);
    }
    const { rows, total } = await notifications.listDead(everything, { limit: 10 });
    expect(total).toBe(1);
    expect(rows[0]).toMatchObject({ channel: 'email', recipient: 'Người an', code: 'mail-away' });
    expect(rows[0]?.attempts).toHaveLength(8);
    expect((await notifications.listDead({ paths: ['/99/'] }, { limit: 10 })).total).toBe(0);
    await expect(notifications.resend({ paths: ['/99/'] }, an, [rows[0]!.id])).rejects.toMatchObject({
      code: 'not-found',
    });

    server.state.failing = false;
    expect(await notifications.resend(everything, an, [rows[0]!.id])).toBe(1);
    await scene.deliver();
    expect(server.mails).toHaveLength(1);
    expect((await notifications.listDead(everything, { limit: 10 })).total).toBe(0);

    // Growth and the end go on in the same thread, after the opening.
    await scene.grow('c1', 9);
    await scene.pass(2 * minute, minute);
    await scene.resolve(['c1']);
    await scene.pass(20 * minute, minute);
    await scene.deliver();
    const [opening, ...follow] = server.mails.map(({ raw }) => readMail(raw).headers);
    expect(follow.at(-1)).toMatchObject({
      'in-reply-to': opening!['message-id'],
      subject: `Re: ${opening!['subject']}`,
    });
  });

  it('gives up at once for a recipient that is refused, and tells no end of what was never told', async () => {
    await using server = await startMailServer({ hideSTARTTLS: true });
    const scene = await createScene(await open(), mailOf(server.port));
    const gone = await scene.addPerson('gone');
    await scene.notifications.subscribe(everything, gone, wanted('email'));
    await scene.open(['c1']);
    await scene.pass(3 * minute, minute);
    await scene.deliver();
    const { rows } = await scene.notifications.listDead(everything, { limit: 10 });
    expect(rows).toMatchObject([{ code: 'mail-refused', attempts: [{ code: 'mail-refused' }] }]);
    await scene.resolve(['c1']);
    await scene.pass(2 * minute, minute);
    await scene.deliver();
    expect(server.mails).toEqual([]);
    expect(await scene.notifications.discard(everything, gone, [rows[0]!.id])).toBe(1);
    expect((await scene.notifications.listDead(everything, { limit: 10 })).total).toBe(0);
  });

  it('is sent again with the same id when a hub ended between sending and writing it down, and by one sender at a time', async () => {
    await using receiver = await startReceiver(() => ({ status: 200 }));
    const scene = await createScene(await open(), { webhooks: { allowHttp: true, allowPrivate: true } });
    const { notifications, clock, store } = scene;
    const an = await scene.addPerson('an');
    const made = await notifications.createEndpoint(everything, an, {
      name: 'ticket',
      url: receiver.url,
      unit: scene.root,
      severity: 'minor',
    });
    await scene.open(['c1']);
    await scene.pass(3 * minute, minute);
    await Promise.all([scene.deliver(), scene.deliver()]);
    expect(receiver.calls).toHaveLength(1);
    const [call] = receiver.calls;
    const signedAt = new Date(Number(call!.headers['webhook-timestamp']) * 1000);
    const signature = new Webhook(made.secret).sign(String(call!.headers['webhook-id']), signedAt, call!.body);
    expect(call!.headers['webhook-signature']).toBe(signature);

    // What a hub leaves that was killed right after the other side had answered: the lease, and an attempt without an end.
    await store.db
      .updateTable('notification_delivery')
      .set({ state: 'pending', ended_at: null, lease: 'killed', leased_until: new Date(clock.now() + 2 * minute) })
      .execute();
    await scene.deliver();
    expect(receiver.calls).toHaveLength(1);
    await clock.advance(2 * minute + 1);
    await scene.deliver();
    expect(receiver.calls.map(({ headers }) => headers['webhook-id'])).toEqual([
      receiver.calls[0]!.headers['webhook-id'],
      receiver.calls[0]!.headers['webhook-id'],
    ]);
    expect(await scene.deliveries()).toMatchObject([{ state: 'sent', attempts: 2 }]);
  });

  it('turns an endpoint off that is long dead, tells its owner, and shows a secret once', async () => {
    let status = 500;
    await using receiver = await startReceiver(() => ({ status }));
    const scene = await createScene(await open(), { webhooks: { allowHttp: true, allowPrivate: true } });
    const { notifications, clock } = scene;
    const an = await scene.addPerson('an');
    const { endpoint, secret } = await notifications.createEndpoint(everything, an, {
      name: 'ticket',
      url: receiver.url,
      unit: scene.root,
      severity: 'minor',
    });
    expect(secret).toMatch(/^whsec_/);
    expect(JSON.stringify(await notifications.listEndpoints(everything))).not.toContain(secret);
    const stored = await scene.store.db.selectFrom('notification_endpoint').select('secret').executeTakeFirstOrThrow();
    expect(stored.secret.includes(secret.slice(6))).toBe(false);
    expect(await notifications.testEndpoint(everything, endpoint.id)).toMatchObject({
      ok: false,
      code: 'endpoint-refused',
    });
    await expect(
      notifications.createEndpoint(everything, an, {
        name: 'x',
        url: 'file:///etc/passwd',
        unit: scene.root,
        severity: 'minor',
      }),
    ).rejects.toMatchObject({ field: 'url' });

    for (let day = 0; day < 5; day++) {
      await scene.open([`c${day}`]);
      await scene.pass(5 * minute, minute);
      await scene.deliver();
      await clock.advance(24 * 60 * minute);
    }
    expect(await notifications.listEndpoints(everything)).toMatchObject([
      { enabled: false, disabledWhy: expect.any(String) },
    ]);
    const words = (await scene.entries(an)).rows.filter(({ kind }) => kind === 'word');
    expect(words).toHaveLength(1);
    status = 204;
    await notifications.updateEndpoint(everything, endpoint.id, { enabled: true });
    expect(await notifications.testEndpoint(everything, endpoint.id)).toEqual({ ok: true });
    const renewed = await notifications.renewSecret(everything, endpoint.id);
    expect(renewed.secret).not.toBe(secret);
    await expect(notifications.removeEndpoint({ paths: ['/99/'] }, endpoint.id)).rejects.toMatchObject({
      code: 'not-found',
    });
    await notifications.removeEndpoint(everything, endpoint.id);
    await notifications.trim();
    await notifications.deliver(signal);
  });
});
