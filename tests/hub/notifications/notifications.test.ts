import { expect, it } from 'vitest';
import { everything } from '../../support/fleet.ts';
import { describeStores } from '../../support/store.ts';
import { createScene, wanted } from './scene.ts';

const minute = 60_000;

describeStores('notifications', (open) => {
  it('tells one message a cause at the bell: opened, grown, over', async () => {
    const scene = await createScene(await open());
    const an = await scene.addPerson('an');
    await scene.open(['c1']);
    await scene.pass(minute);
    expect((await scene.entries(an)).total).toBe(0);
    await scene.pass(90_000);
    const first = await scene.entries(an);
    expect(first).toMatchObject({ total: 1, unread: 1, rows: [{ kind: 'opening', read: false }] });
    expect(first.rows[0]?.items[0]).toMatchObject({ cause: 'c1', place: 'Phòng 7, THPT Đặng Thuỳ Trâm' });
    expect(scene.events.map(({ event }) => event)).toContainEqual({ type: 'notifications-changed', person: 'an' });

    await scene.notifications.markRead(an, undefined);
    await scene.grow('c1', 9);
    await scene.pass(16 * minute, minute);
    expect(await scene.entries(an)).toMatchObject({
      total: 1,
      unread: 0,
      rows: [{ kind: 'update', items: [{ affected: 9 }] }],
    });

    await scene.resolve(['c1']);
    await scene.pass(minute);
    const last = await scene.entries(an);
    expect(last).toMatchObject({ total: 1, unread: 1, rows: [{ kind: 'closing' }] });
    expect(Date.parse(last.rows[0]!.items[0]!.resolvedAt!)).toBeGreaterThan(
      Date.parse(last.rows[0]!.items[0]!.openedAt),
    );
    await scene.pass(30 * minute, minute);
    expect((await scene.entries(an)).total).toBe(1);
  });

  it('says nothing of what ends within its hold time, is muted, is too small, or lies elsewhere', async () => {
    const scene = await createScene(await open());
    const an = await scene.addPerson('an');
    const binh = await scene.addPerson('binh', scene.school.id);
    await scene.open(['passing'], 'major');
    await scene.open(['small'], 'minor');
    await scene.open(['elsewhere'], 'major', { unitId: scene.root });
    await scene.open(['muted'], 'major');
    await scene.store.db
      .updateTable('problem')
      .set({ muted_until: new Date(scene.clock.now() + 60 * minute) })
      .where('cause_id', '=', 'muted')
      .execute();
    await scene.event('muted', 'muted', 'major');
    await scene.pass(minute);
    await scene.resolve(['passing']);
    await scene.pass(5 * minute);
    expect((await scene.entries(an)).rows.map(({ items }) => items[0]?.cause)).toEqual(['elsewhere']);
    expect((await scene.entries(binh)).total).toBe(0);
  });

  it('makes one digest of a thousand causes at once, and one of their ends', { timeout: 60_000 }, async () => {
    const scene = await createScene(await open(), { mail: { host: 'mail.example' } });
    const an = await scene.addPerson('an');
    await scene.notifications.subscribe(everything, an, wanted('email'));
    await scene.notifications.subscribe(everything, an, wanted('in-app'));
    const ids = Array.from({ length: 1_000 }, (_, index) => `c${index}`);
    await scene.open(ids);
    await scene.pass(5 * minute, 15_000);
    expect(await scene.entries(an)).toMatchObject({ total: 1, rows: [{ kind: 'digest', counts: { opening: 1_000 } }] });
    const sent = await scene.deliveries();
    expect(sent).toMatchObject([{ kind: 'digest', subject: 'Nặng: 1.000 sự cố', state: 'pending' }]);
    await scene.store.db.updateTable('notification_delivery').set({ state: 'sent' }).execute();
    await scene.resolve(ids);
    await scene.pass(15 * minute, 30_000);
    expect((await scene.deliveries()).map(({ kind, subject }) => ({ kind, subject }))).toEqual([
      { kind: 'digest', subject: 'Nặng: 1.000 sự cố' },
      { kind: 'digest', subject: '1.000 sự cố đã xong' },
    ]);
    expect((await scene.entries(an)).total).toBe(2);
  });

  it('takes an opening back that had not left when its cause ended, and tells neither', async () => {
    const scene = await createScene(await open(), { mail: { host: 'mail.example' } });
    const an = await scene.addPerson('an');
    await scene.notifications.subscribe(everything, an, wanted('email'));
    await scene.open(['c1']);
    await scene.pass(3 * minute);
    expect(await scene.deliveries()).toMatchObject([{ kind: 'opening', state: 'pending' }]);
    await scene.resolve(['c1']);
    await scene.pass(minute);
    expect(await scene.deliveries()).toMatchObject([
      { kind: 'opening', state: 'discarded', problem_code: 'over-before' },
    ]);
  });

  it('keeps everybody to their own subscriptions and within what they may see', async () => {
    const scene = await createScene(await open(), { mail: { host: 'mail.example' } });
    const an = await scene.addPerson('an');
    const binh = await scene.addPerson('binh', scene.school.id);
    const inSchool = { paths: [scene.organisation.pathOf(scene.school.id)] };
    const mine = await scene.notifications.subscribe(inSchool, binh, wanted('in-app', { unit: scene.room.id }));
    await expect(
      scene.notifications.subscribe(inSchool, binh, wanted('email', { unit: scene.root })),
    ).resolves.toMatchObject({ channel: 'email' });
    await expect(scene.notifications.subscribe({ paths: [] }, binh, wanted('email'))).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(scene.notifications.subscribe(inSchool, binh, wanted('zalo'))).rejects.toMatchObject({
      code: 'invalid-input',
    });
    await expect(scene.notifications.unsubscribe(an, mine.id)).rejects.toMatchObject({ code: 'not-found' });
    await expect(scene.notifications.changeSettings(an, { timeZone: 'Mars/Olympus' })).rejects.toMatchObject({
      field: 'timeZone',
    });
    await scene.open(['outside'], 'major', { unitId: scene.root });
    await scene.open(['inside'], 'major');
    await scene.pass(5 * minute);
    expect((await scene.entries(binh)).rows.map(({ items }) => items[0]?.cause)).toEqual(['inside']);
    expect((await scene.deliveries()).map(({ user_id, unit_id }) => [user_id, unit_id])).toEqual([
      ['binh', scene.room.id],
    ]);
  });

  it('foresees what the last week would have been', async () => {
    const scene = await createScene(await open());
    const an = await scene.addPerson('an');
    await scene.open(['long'], 'major');
    await scene.open(['short'], 'major');
    await scene.open(['small'], 'notice');
    await scene.clock.advance(minute);
    await scene.resolve(['short']);
    await scene.clock.advance(60 * minute);
    await scene.resolve(['long']);
    await scene.clock.advance(minute);
    const seen = await scene.notifications.preview(everything, an, wanted('in-app', { severity: 'major' }));
    expect(seen).toMatchObject({ messages: 2, causes: 1, spared: 1 });
    expect(seen.days).toHaveLength(7);
    expect(seen.days.at(-1)).toEqual({ day: '2026-03-02', messages: 2 });
  });
});
