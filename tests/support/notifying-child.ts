import { createBus } from '../../hub/events/bus.ts';
import { createNotifications, notificationConfig } from '../../hub/notifications/index.ts';
import { createOrganisation } from '../../hub/organisation/index.ts';
import { createSealer, openStore } from '../../hub/store/index.ts';
import { silentLog } from '../../protocols/ports.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { createFakeClock } from './clock.ts';
import { everything, someone } from './fleet.ts';

/**
 * A hub that tells a webhook of many problems, to be killed at any moment. Each start is `atMs` later than the one before.
 * It prints `done <states>` when nothing waits any more.
 */
const { dataDir, url, atMs, causes } = JSON.parse(process.argv[2] ?? '{}') as {
  dataDir: string;
  url: string;
  atMs: number;
  causes: number;
};
const clock = createFakeClock(atMs);
const store = await openStore({ databaseUrl: undefined, dataDir, clock: systemClock, log: silentLog });
const organisation = createOrganisation({ store });
await organisation.load();
const root = await organisation.ensureRoot('Tỉnh Quảng Ngãi');
const notifications = await createNotifications({
  store,
  organisation,
  textOf: (code) => ({ title: { vi: code, en: code }, next: undefined }),
  sealer: createSealer(Buffer.alloc(32, 9)),
  bus: createBus(silentLog),
  config: notificationConfig.parse({ webhooks: { allowHttp: true, allowPrivate: true } }),
  publicUrl: undefined,
  clock,
  log: silentLog,
});

if ((await notifications.listEndpoints(everything)).length === 0) {
  await notifications.createEndpoint(everything, someone, { name: 'ticket', url, unit: root, severity: 'minor' });
  const at = new Date(atMs - 3_600_000);
  const more = { kind: 'device-fault', code: 'EF-2301', unit_id: root, affected: 1, affected_peak: 1, evidence: '[]' };
  for (let index = 0; index < causes; index++) {
    const id = `c${index}`;
    await store.db
      .insertInto('cause')
      .values({ id, ...more, opened_at: at })
      .execute();
    await store.db.insertInto('problem').values({ cause_id: id, severity: 'major', escalates_from: at }).execute();
    await store.db
      .insertInto('problem_event')
      .values({ cause_id: id, kind: 'opened', at, severity: 'major', detail: '{}' })
      .execute();
  }
}
await notifications.tick();
await notifications.deliver(new AbortController().signal);
const rows = await store.db.selectFrom('notification_delivery').select('state').execute();
process.stdout.write(`done ${JSON.stringify(rows.map(({ state }) => state))}\n`);
