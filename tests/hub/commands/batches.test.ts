import { beforeEach, expect, it } from 'vitest';
import type { Action, Actor, Scope } from '../../../hub/access/index.ts';
import type { BatchRequest } from '../../../hub/commands/batch-plan.ts';
import { type Commands, createCommands } from '../../../hub/commands/index.ts';
import { createBus } from '../../../hub/events/bus.ts';
import type { Store } from '../../../hub/store/index.ts';
import { emptyCalendar } from '../../../protocols/fleet/calendar/calendar.ts';
import { type Moment, momentOf } from '../../../protocols/fleet/calendar/moment.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';
import { seedAgent, seedDevice, seedUnit } from '../../support/hub-store.ts';
import { describeStores } from '../../support/store.ts';

const clock = createFakeClock();
const whole: Scope = { paths: ['/'] };
const nowhere: Scope = { paths: [] };
const person = (id: string, ...may: readonly Action[]): Actor => ({
  id,
  name: id,
  scopeFor: (action) => (action === 'read' || action === 'command' || may.includes(action) ? whole : nowhere),
});
const operator = person('operator');
const engineer = person('engineer', 'override');
const approver = person('approver', 'approve');
const count = 30;

let store: Store;
let commands: Commands;
let moment: Partial<Moment> = {};
let audited: { action: string; detail: Readonly<Record<string, unknown>> }[] = [];
let school: { id: number; path: string };

async function prepare(opened: Store): Promise<void> {
  store = opened;
  const root = await seedUnit(store, { kind: 'province', name: 'Tỉnh' });
  school = await seedUnit(store, { kind: 'school', name: 'THCS Nghĩa Lộ', parent: root });
  await seedAgent(store, 'p7', school.id);
  for (let index = 0; index < count; index++)
    await seedDevice(store, {
      id: `device-${index}`,
      agentId: 'p7',
      unitId: school.id,
      capabilities:
        index === 0 ? {} : { power: { commands: ['off', 'reboot'] }, network: { commands: ['setHostname'] } },
    });
  await store.db.updateTable('device').set({ health: 'ok' }).execute();
  const state = (device: string, capability: string, value: object) => ({
    device_id: device,
    capability,
    state: JSON.stringify(value),
    at: new Date(),
    received_at: new Date(),
  });
  await store.db
    .insertInto('twin')
    .values([
      state('device-1', 'power', { state: 'cooling' }),
      state('device-2', 'studio', { mode: 'recording' }),
      state('device-3', 'power', { state: 'on' }),
    ])
    .execute();
  moment = {};
  audited = [];
  commands = createCommands({
    store,
    bus: createBus(silentLog),
    clock,
    log: silentLog,
    audit: {
      append: async (entry) => {
        // The log is written in a transaction of its own: whoever holds one while it waits for this would wait for ever.
        await store.db.selectFrom('audit_entry').select('seq').limit(1).execute();
        audited.push(entry);
      },
    },
    registry: {
      deviceOf: (id) =>
        id.startsWith('device-')
          ? {
              id,
              agentId: 'p7',
              unitId: school.id,
              unitPath: school.path,
              lifecycle: id === 'device-4' ? 'retired' : 'in-service',
            }
          : undefined,
      agentOf: () => ({ status: 'active' }),
      matchDevices: async () => Array.from({ length: count }, (_, index) => `device-${index}`),
    },
    organisation: {
      pathOf: () => school.path,
      refOf: (id) => ({ id, name: 'THCS Nghĩa Lộ', kind: 'school' }),
      schoolOf: () => ({ id: school.id, name: 'THCS Nghĩa Lộ', kind: 'school' }),
    },
    momentAt: (_unit, atMs) => ({ ...momentOf(emptyCalendar, atMs), ...moment }),
  });
}

const reboot = (more: Partial<BatchRequest> = {}): BatchRequest => ({
  capability: 'power',
  name: 'reboot',
  args: {},
  target: {},
  expiresInSeconds: 3_600,
  reason: 'máy treo sau khi mất điện',
  force: false,
  evenInLesson: false,
  evenInExam: false,
  ...more,
});
const few = { ids: ['device-3', 'device-5', 'device-6'] };
const codes = (preview: { readonly exclusions: readonly { readonly code: string; readonly count: number }[] }) =>
  Object.fromEntries(preview.exclusions.map(({ code, count: of }) => [code, of]));

describeStores('commands for many', (open) => {
  beforeEach(async () => prepare(await open()));

  it('says before who would get it and who not, and changes nothing', async () => {
    const preview = await commands.batches.preview(whole, operator, reboot());
    expect(preview).toMatchObject({ included: count - 4, schools: 1, needsApproval: true, danger: 'medium' });
    expect(codes(preview)).toEqual({
      'not-offered': 1,
      'precondition-cooling': 1,
      'precondition-recording': 1,
      retired: 1,
    });
    expect((await commands.list(whole, { limit: 50 })).total).toBe(0);
    const forced = reboot({ force: true });
    expect(codes(await commands.batches.preview(whole, engineer, forced))).not.toHaveProperty('precondition-recording');
    expect(codes(await commands.batches.preview(whole, engineer, forced))).toHaveProperty('precondition-cooling', 1);
    const unknown = await commands.batches.preview(
      whole,
      operator,
      reboot({ target: { ids: ['nothing', 'device-5'] } }),
    );
    expect(codes(unknown)).toEqual({ 'not-found': 1 });
    moment = { isLesson: true };
    expect(codes(await commands.batches.preview(whole, operator, reboot({ target: few })))).toEqual({ lesson: 3 });
  });

  it('sends a few at once, in turn, and once for one id', async () => {
    const body = reboot({ target: few, id: 'wish-0123456789abcdef' });
    const made = await commands.batches.create(whole, operator, body);
    expect(made).toMatchObject({ id: body.id, approval: 'none', total: 3, byState: { queued: 3 } });
    expect(await commands.batches.create(whole, operator, body)).toMatchObject({ id: made.id, total: 3 });
    await expect(commands.batches.create(whole, engineer, body)).rejects.toMatchObject({ code: 'conflict' });
    expect(await commands.pendingFor('p7')).toHaveLength(1);
    await clock.advance(4_000);
    expect(await commands.pendingFor('p7')).toHaveLength(3);
    expect(audited.map(({ action }) => action)).toEqual(['command.bulk']);
    const again = await commands.batches.preview(whole, operator, reboot({ target: few }));
    expect(codes(again)).toEqual({ 'already-waiting': 3 });
  });

  it('waits for a second person, who is never the first', async () => {
    const made = await commands.batches.create(whole, operator, reboot());
    expect(made).toMatchObject({ approval: 'awaiting', mayDecide: false, byState: { 'awaiting-approval': count - 4 } });
    await clock.advance(60_000);
    expect(await commands.pendingFor('p7', { again: true })).toEqual([]);
    const both = person('operator', 'approve');
    await expect(commands.batches.decide(whole, both, made.id, { decision: 'approve' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect((await commands.batches.list(whole, approver, { limit: 10, approval: 'awaiting' })).rows).toMatchObject([
      { id: made.id, mayDecide: true },
    ]);
    const agreed = await commands.batches.decide(whole, approver, made.id, { decision: 'approve' });
    expect(agreed).toMatchObject({ approval: 'approved', decidedBy: 'approver', byState: { queued: count - 4 } });
    await expect(commands.batches.decide(whole, approver, made.id, { decision: 'reject' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await clock.advance(120_000);
    expect(await commands.pendingFor('p7')).toHaveLength(count - 4);
    expect(audited.map(({ action }) => action)).toEqual(['command.bulk', 'command.approve']);
  });

  it('ends truly when nobody agrees, or somebody does not', async () => {
    const refused = await commands.batches.create(whole, operator, reboot());
    await commands.batches.decide(whole, approver, refused.id, { decision: 'reject', reason: 'đang tuần thi' });
    expect(await commands.batches.get(whole, operator, refused.id)).toMatchObject({
      approval: 'rejected',
      decisionReason: 'đang tuần thi',
      byState: { cancelled: count - 4 },
    });
    const late = await commands.batches.create(whole, operator, reboot());
    await clock.advance(24 * 3_600_000 + 1_000);
    await commands.expire();
    expect(await commands.batches.get(whole, operator, late.id)).toMatchObject({
      approval: 'expired',
      byState: { expired: count - 4 },
    });
    await expect(commands.batches.decide(whole, approver, late.id, { decision: 'approve' })).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('takes back what has not left, and asks for the rest', async () => {
    const made = await commands.batches.create(whole, operator, reboot({ target: few }));
    const [first] = await commands.pendingFor('p7');
    expect([...(await commands.markSent([first?.id ?? '']))]).toEqual([first?.id]);
    const cancelled = await commands.batches.cancel(whole, operator, made.id);
    expect(cancelled).toMatchObject({ cancelledBy: 'operator', byState: { cancelled: 2, sent: 1 } });
    expect(await commands.cancellationsFor('p7')).toEqual([first?.id]);
    expect(await commands.pendingFor('p7', { again: true })).toEqual([]);
    const report = { kind: 'result', seq: 1, at: 1, command: first?.id ?? '', state: 'cancelled' } as const;
    await store.transaction((trx) => commands.applyResults(trx, 'p7', [report]));
    expect(await commands.batches.get(whole, operator, made.id)).toMatchObject({ byState: { cancelled: 3 } });
  });

  it('lets nothing out that was taken back between reading and sending', async () => {
    const made = await commands.create(whole, operator, 'device-5', { capability: 'power', name: 'off' });
    const pending = await commands.pendingFor('p7');
    expect(await commands.cancel(whole, operator, made.id)).toMatchObject({ state: 'cancelled' });
    expect((await commands.markSent(pending.map(({ id }) => id))).size).toBe(0);
  });

  it('does not send into a lesson that began meanwhile', async () => {
    await commands.create(whole, operator, 'device-5', { capability: 'power', name: 'off', expiresInSeconds: 7_200 });
    moment = { isLesson: true, changesAtMs: clock.now() + 45 * 60_000 };
    expect(await commands.pendingFor('p7')).toEqual([]);
    moment = {};
    expect(await commands.pendingFor('p7')).toEqual([]);
    await clock.advance(45 * 60_000);
    expect(await commands.pendingFor('p7')).toHaveLength(1);
  });

  it('refuses one device what must not be, with what to do', async () => {
    const give = (device: string, more: object = {}) =>
      commands.create(whole, engineer, device, { capability: 'power', name: 'off', ...more });
    await expect(give('device-1')).rejects.toMatchObject({ code: 'precondition', message: /Wait some minutes/ });
    await expect(give('device-2', { force: true })).rejects.toMatchObject({ field: 'reason' });
    const forced = await give('device-2', { force: true, reason: 'ghi nhầm phòng' });
    expect(forced).toMatchObject({ state: 'queued', forced: ['precondition-recording'] });
    expect(await commands.check(whole, operator, 'device-2', { capability: 'power', name: 'off' })).toMatchObject({
      obstacles: [{ code: 'precondition-recording', mayForce: true }],
      mayOverride: false,
      needsApproval: false,
    });
    moment = { isLesson: true };
    await expect(give('device-5')).rejects.toMatchObject({ code: 'in-lesson' });
    moment = { isLesson: true, isFrozen: true };
    await expect(give('device-5', { evenInLesson: true })).rejects.toMatchObject({ code: 'exam-freeze' });
    const rename = { capability: 'network', name: 'setHostname', args: { hostname: 'phong-7' } };
    expect(await commands.create(whole, operator, 'device-5', rename)).toMatchObject({ state: 'awaiting-approval' });
  });

  it('is one command for one id', async () => {
    const body = { capability: 'power', name: 'off', id: 'only-once-0123456789' };
    const made = await commands.create(whole, operator, 'device-5', body);
    expect(await commands.create(whole, operator, 'device-5', body)).toMatchObject({
      id: body.id,
      createdAt: made.createdAt,
    });
    await expect(commands.create(whole, operator, 'device-6', body)).rejects.toMatchObject({ code: 'conflict' });
    expect((await commands.list(whole, { limit: 50 })).total).toBe(1);
  });
});
