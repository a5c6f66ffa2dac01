import { sql } from 'kysely';
import type { Scope } from '../../hub/access/index.ts';
import { createAudit } from '../../hub/audit/index.ts';
import { createBus } from '../../hub/events/bus.ts';
import { codeOf, createHealth, decisiveCapabilities, type Health } from '../../hub/health/index.ts';
import { createNotifications, type Notifications, notificationConfig } from '../../hub/notifications/index.ts';
import { createOrganisation } from '../../hub/organisation/index.ts';
import { createProblems } from '../../hub/problems/index.ts';
import { createQuarantine } from '../../hub/quarantine/index.ts';
import { createRegistry, type Registry } from '../../hub/registry/index.ts';
import { createSealer, type Store } from '../../hub/store/index.ts';
import { createTwin } from '../../hub/twin/index.ts';
import type { LiveEvent } from '../../protocols/api/live.ts';
import { RecoverableError } from '../../protocols/errors.ts';
import { emptyCalendar } from '../../protocols/fleet/calendar/calendar.ts';
import { silentLog } from '../../protocols/ports.ts';
import type { FakeClock } from './clock.ts';
import { heartbeat } from './hub-broker.ts';

/** How large a simulated province is: schools in communes of twenty, one agent a school, some fifty devices an agent. */
export const provinceSize = { communes: 50, schools: 1_000, devices: 50_000 } as const;
const { communes, schools, devices } = provinceSize;

/** Unit ids: the province is 1, communes follow, then schools. Agent `a7` serves school number 7. */
export const communeOf = (school: number) => 2 + (school % communes);
export const unitOfSchool = (school: number) => 2 + communes + school;
const everywhere: Scope = { paths: ['/'] };

/** Fills the store; school number 7 has exactly 43 devices. All of them answer. */
export async function seedProvince(store: Store, nowMs: number): Promise<void> {
  const at = new Date(nowMs);
  await store.transaction(async (trx) => {
    const unit = (select: ReturnType<typeof sql>) =>
      sql`insert into unit (id, parent_id, path, kind, name, name_folded, name_sort, place_folded)
        overriding system value select id, parent, path, kind, name, name, name, name from (${select}) as u`.execute(
        trx,
      );
    await unit(sql`select 1 as id, null::int as parent, '/1/' as path, 'province' as kind, 'tinh' as name`);
    await unit(sql`select 2 + n as id, 1 as parent, '/1/' || 2 + n || '/' as path, 'commune' as kind, 'xa ' || n as name
      from generate_series(0, ${communes - 1}::int) as n`);
    const first = 2 + communes;
    await unit(sql`select ${first}::int + n as id, 2 + n % ${communes}::int as parent,
      '/1/' || 2 + n % ${communes}::int || '/' || ${first}::int + n || '/' as path, 'school' as kind, 'truong ' || n as name
      from generate_series(0, ${schools - 1}::int) as n`);
    await sql`insert into agent (id, unit_id, name, name_folded, name_sort, fingerprint)
      select 'a' || n, ${first}::int + n, 'mini ' || n, 'mini ' || n, 'mini ' || n, '{}'
      from generate_series(0, ${schools - 1}::int) as n`.execute(trx);
    // Seven devices of school 7 hang at school 8.
    await sql`insert into device (id, agent_id, unit_id, family, name, name_folded, name_sort, search, adopted_by,
        health, health_since)
      select 'd' || n, 'a' || school, ${first}::int + school, 'thing', 'may ' || n, 'may ' || n, 'may ' || n, 'may', 'test',
        'ok', ${at}
      from (select n, case when n % ${schools}::int = 7 and n / ${schools}::int < 7 then 8 else n % ${schools}::int end as school
        from generate_series(0, ${devices - 1}::int) as n) as placed`.execute(trx);
    await sql`insert into twin (device_id, capability, state, at, received_at)
      select 'd' || n, 'reachability', '{"status": "up", "since": 0}', ${at}, ${at}
      from generate_series(0, ${devices - 1}::int) as n`.execute(trx);
  });
}

/** A hub's features over the store, and agents that beat every 30 s, each in its own five seconds. */
export interface LivingProvince extends AsyncDisposable {
  readonly health: Health;
  readonly registry: Registry;
  readonly notifications: Notifications;
  /** What the page was told. */
  readonly events: LiveEvent[];
  /** Agents that nobody hears now. */
  readonly cut: Set<string>;
  /** Time passes. */
  pass(ms: number): Promise<void>;
  open(): ReturnType<Health['listCauses']>;
  resolved(): ReturnType<Health['listCauses']>;
}

const tickMs = 5_000;
const tellMs = 30_000;
const beatTicks = 6;

export async function openProvince(store: Store, clock: FakeClock): Promise<LivingProvince> {
  const stack = new AsyncDisposableStack();
  const bus = createBus(silentLog);
  const events: LiveEvent[] = [];
  const cut = new Set<string>();
  const shared = { store, bus, clock, log: silentLog };
  const organisation = stack.use(createOrganisation({ store }));
  await organisation.load();
  const registry = stack.use(createRegistry({ ...shared, organisation, sealer: createSealer(Buffer.alloc(32, 7)) }));
  await registry.load();
  const twin = createTwin({ ...shared, registry, keep: decisiveCapabilities });
  await twin.load();
  const quarantine = stack.use(createQuarantine(shared));
  const problems = stack.use(
    createProblems({
      ...shared,
      registry,
      organisation,
      calendarOf: () => emptyCalendar,
      codeOf,
      verdictOf: (id) => health.verdictOf(id),
      telemetry: {
        latestOf: () => ({}),
        series: async () => ({ metric: 'x', unit: '', step: '5m' as const, points: [] }),
      },
      audit: stack.use(createAudit({ store, clock })),
    }),
  );
  const health: Health = stack.use(
    createHealth({ ...shared, registry, twin, organisation, quarantine, journal: problems.journal }),
  );
  await health.load();
  await problems.load();
  const notifications = stack.use(
    await createNotifications({
      ...shared,
      organisation,
      textOf: (code) => {
        const known = codeOf(code);
        return { title: known?.title ?? { vi: code, en: code }, next: known?.next };
      },
      sealer: createSealer(Buffer.alloc(32, 9)),
      config: notificationConfig.parse({ mail: { host: 'mail.example' } }),
      publicUrl: 'https://fleet.example/',
    }),
  );
  /** Jobs of the hub wait while the database is away. */
  const tell = async () => {
    try {
      await problems.watch();
      await notifications.tick();
    } catch (thrown) {
      if (!(thrown instanceof RecoverableError)) throw thrown;
    }
  };
  bus.subscribe(({ event }) => events.push(event));
  const agents = [...registry.agents()].map(({ id }) => ({
    id,
    devices: registry.devicesOfAgent(id).map((device) => device.id),
  }));
  let ticks = 0;
  const beat = () => {
    for (let index = ticks++ % beatTicks; index < agents.length; index += beatTicks) {
      const agent = agents[index];
      if (!agent || cut.has(agent.id)) continue;
      health.heartbeat(agent.id, { ...heartbeat, at: clock.now() });
      health.reported(agent.devices);
    }
  };
  return {
    health,
    notifications,
    registry,
    events,
    cut,
    pass: async (ms) => {
      for (let passed = 0; passed < ms; passed += tickMs) {
        await clock.advance(tickMs);
        beat();
        await health.tick();
        if (passed % tellMs === 0) await tell();
      }
    },
    open: () => health.listCauses(everywhere, { state: 'open', limit: 50 }),
    resolved: () => health.listCauses(everywhere, { state: 'resolved', limit: 50 }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The same store, whose database can be away. */
export function withOutage(store: Store): { readonly store: Store; away: boolean } {
  const outage: { store: Store; away: boolean } = {
    away: false,
    store: {
      ...store,
      db: store.db.withPlugin({
        transformQuery: ({ node }) => {
          if (outage.away) throw lost();
          return node;
        },
        transformResult: async ({ result }) => result,
      }),
      transaction: <T>(work: Parameters<Store['transaction']>[0]) =>
        outage.away ? Promise.reject(lost()) : (store.transaction(work) as Promise<T>),
    } as Store,
  };
  return outage;
}

function lost(): RecoverableError {
  return new RecoverableError('database-unavailable', 'the database is away');
}
