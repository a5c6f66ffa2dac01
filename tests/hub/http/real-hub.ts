import { Registry as Metrics } from 'prom-client';
import { createAccess } from '../../../hub/access/index.ts';
import { createAudit } from '../../../hub/audit/index.ts';
import { createAvailability } from '../../../hub/availability/index.ts';
import { createCalendars } from '../../../hub/calendar/index.ts';
import { createCommands } from '../../../hub/commands/index.ts';
import { createConfigurations } from '../../../hub/configuration/index.ts';
import { createDocuments } from '../../../hub/documents/index.ts';
import { createEnrolment } from '../../../hub/enrolment/index.ts';
import { createBus } from '../../../hub/events/bus.ts';
import { codeOf, createHealth, type Health } from '../../../hub/health/index.ts';
import { createHistory } from '../../../hub/history/index.ts';
import { createHttpServer } from '../../../hub/http/index.ts';
import { createNotifications, notificationConfig } from '../../../hub/notifications/index.ts';
import { createOrganisation, createUnitImports, unitsTemplate } from '../../../hub/organisation/index.ts';
import { createPolicies } from '../../../hub/policies/index.ts';
import { createProblems } from '../../../hub/problems/index.ts';
import { createQuarantine } from '../../../hub/quarantine/index.ts';
import { createRegistry } from '../../../hub/registry/index.ts';
import { createSheetReader } from '../../../hub/sheets/index.ts';
import { createSiteImports } from '../../../hub/site/index.ts';
import { createSealer, type Store } from '../../../hub/store/index.ts';
import { createTelemetry, type Telemetry } from '../../../hub/telemetry/index.ts';
import { createTwin, type Twin } from '../../../hub/twin/index.ts';
import type { Role } from '../../../protocols/api/access/session.ts';
import { emptyCalendar } from '../../../protocols/fleet/calendar/calendar.ts';
import { momentOf } from '../../../protocols/fleet/calendar/moment.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { openAuthority } from '../../../provisioning/authority/index.ts';
import { systemClock as clock } from '../../../provisioning/platform/clock.ts';
import { temporaryFolder } from '../../support/store.ts';
import { fakeReleases } from './fake-releases.ts';
import { seed } from './real-seeds.ts';

/** Of everybody in it. */
export const password = 'một mật khẩu đủ dài';
export const emailOf = (role: Role) => `${role}@school.example`;

/** The hub's own features over a fresh database with two schools, each with an agent, a device, a command and a proposal. */
export async function openHub(store: Store, stack: AsyncDisposableStack) {
  const shared = { store, bus: createBus(silentLog), clock, log: silentLog };
  await seed(store);
  const organisation = stack.use(createOrganisation({ store, counts: (path, scope) => health.countsOf(path, scope) }));
  await organisation.load();
  const registry = stack.use(
    createRegistry({
      ...shared,
      organisation,
      sealer: createSealer(Buffer.alloc(32, 7)),
      facets: {
        verdictOf: (id) => health.verdictOf(id),
        agentVerdictOf: (id) => health.agentVerdictOf(id),
        reportedOf: (id) => twin.reported(id),
        descriptorOf: (id) => twin.inventoryOf(id),
        latestOf: (id) => telemetry.latestOf(id),
        lastReportAt: (id) => telemetry.lastReportAt(id),
      },
    }),
  );
  await registry.load();
  const twin: Twin = createTwin({ ...shared, registry });
  await twin.load();
  const telemetry: Telemetry = createTelemetry({ ...shared, retention: { raw: 1, fiveMinute: 1, hourly: 1 } });
  await telemetry.load();
  const quarantine = stack.use(createQuarantine(shared));
  const health: Health = stack.use(createHealth({ ...shared, registry, twin, organisation, quarantine }));
  await health.load();
  const audit = stack.use(createAudit(shared));
  const problems = stack.use(
    createProblems({
      ...shared,
      registry,
      organisation,
      calendarOf: () => emptyCalendar,
      codeOf,
      verdictOf: (id) => health.verdictOf(id),
      telemetry,
      audit,
    }),
  );
  await problems.load();
  const access = createAccess({ ...shared, secret: 's'.repeat(40), publicUrl: 'http://fleet.example' });
  const momentAt = (_unit: number, atMs: number) => momentOf(emptyCalendar, atMs);
  const commands = createCommands({ ...shared, registry, organisation, momentAt, audit });
  const enrolment = createEnrolment({
    ...shared,
    authority: await openAuthority({ folder: stack.use(temporaryFolder()).path, clock }),
    organisation,
    registry,
    audit,
    urls: { mqttUrl: 'mqtts://hub.example:8883', gatewayUrl: 'https://hub.example:8443' },
  });
  const documents = createDocuments(clock);
  const series = async (id: string, query: Parameters<Telemetry['series']>[1]) => {
    const device = registry.deviceOf(id);
    if (!device) throw new Error(`${id} is asked for only when it is there`);
    return telemetry.series(device, query);
  };
  const reader = createSheetReader(clock);
  const calendars = stack.use(createCalendars({ store, organisation, reader, clock }));
  await calendars.load();
  const imports = {
    ...createUnitImports({ store, organisation, reader, clock }),
    ...createSiteImports({ store, organisation, registry, reader, clock }),
    template: () => unitsTemplate(),
  };
  const notifications = stack.use(
    await createNotifications({
      ...shared,
      organisation,
      textOf: (code) => ({ title: { vi: code, en: code }, next: undefined }),
      sealer: createSealer(Buffer.alloc(32, 7)),
      config: notificationConfig.parse({}),
      publicUrl: undefined,
    }),
  );
  const noSignature = { signature: '', signer: { key: '', authority: '', statement: '' } };
  const signer = { sign: (policy: string) => ({ policy, ...noSignature }) };
  const policies = stack.use(createPolicies({ ...shared, registry, organisation, calendars, signer, audit }));
  await policies.load();
  const features = {
    ...shared,
    releases: fakeReleases({ writing: (_name, value) => value }),
    policies,
    imports,
    calendars,
    organisation,
    registry,
    health,
    problems,
    notifications,
    quarantine,
    audit,
    access,
    commands,
    availability: createAvailability({ ...shared, registry, organisation, calendarOf: () => emptyCalendar, audit }),
    configuration: createConfigurations({ ...shared, registry, organisation, twin, audit }),
    enrolment,
  };
  const server = stack.use(
    await createHttpServer({
      features: { ...features, documents, telemetry: { series }, history: createHistory({ store }) },
      version: 'test',
      publicUrl: 'http://fleet.example',
      trustProxy: [],
      ready: [],
      metrics: new Metrics(),
      clock,
      log: silentLog,
      // A busy machine is no finding here.
      overload: { overloaded: false, delayMs: 0, [Symbol.asyncDispose]: async () => {} },
    }),
  );
  return { server, access, audit, registry };
}
