import { hostname } from 'node:os';
import { join } from 'node:path';
import { Registry as Metrics } from 'prom-client';
import { FatalError } from '../protocols/errors.ts';
import type { Clock, Log } from '../protocols/ports.ts';
import { type Authority, openAuthority } from '../provisioning/authority/index.ts';
import { createAccess } from './access/index.ts';
import { ensureAdministrator } from './administrator.ts';
import { createAudit } from './audit/index.ts';
import { type Broker, createBroker } from './broker/index.ts';
import { createCommands, pictureLimits, pictureTypes } from './commands/index.ts';
import type { HubConfig } from './config.ts';
import { createEnrolment } from './enrolment/index.ts';
import { createBus } from './events/bus.ts';
import { createGateway } from './gateway/index.ts';
import { createHealth, type Health } from './health/index.ts';
import { createHistory } from './history/index.ts';
import { createHttpServer } from './http/index.ts';
import { createIngest, type RecordSink } from './ingest/index.ts';
import { startJobs } from './jobs.ts';
import { measureHub } from './metrics.ts';
import { createOrganisation, type Organisation } from './organisation/index.ts';
import { createQuarantine } from './quarantine/index.ts';
import { createRegistry, type Registry } from './registry/index.ts';
import { openSecret } from './secret.ts';
import { afterCommit, openSealer, openStore, type Store } from './store/index.ts';
import { createTelemetry, type Telemetry } from './telemetry/index.ts';
import { createTwin, type Twin } from './twin/index.ts';

/** A running hub and the addresses at which it is reached. */
export interface Hub extends AsyncDisposable {
  readonly url: string;
  readonly gatewayUrl: string;
  readonly brokerUrl: string;
  readonly engine: Store['engine'];
  readonly durable: boolean;
}

export interface HubDeps {
  readonly config: HubConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
}

const second = 1_000;
const hour = 3_600 * second;

/** Opens the database, loads the live state, and serves. Everything started here stops in reverse order. */
export async function startHub(deps: HubDeps): Promise<Hub> {
  await using stack = new AsyncDisposableStack();
  const fleet = await openFleet(deps, stack);
  const doors = await openDoors(deps, fleet, stack);
  stack.use(startJobs(jobsOf(fleet, doors), deps.clock, deps.log));
  const owned = stack.move();
  const { url, gatewayUrl, brokerUrl } = doors;
  const { engine, durability } = fleet.store;
  deps.log.info('hub ready', { url, gatewayUrl, brokerUrl, engine });
  return {
    url,
    gatewayUrl,
    brokerUrl,
    engine,
    durable: durability.durable,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The features over one database, their live state loaded. */
async function openFleet({ config, clock, log }: HubDeps, stack: AsyncDisposableStack) {
  const { dataDir } = config;
  const store = stack.use(await openStore({ databaseUrl: config.databaseUrl, dataDir, clock, log }));
  const bus = createBus(log);
  const audit = stack.use(createAudit({ store, clock }));
  const organisation: Organisation = stack.use(createOrganisation({ store, counts: (path) => health.countsOf(path) }));
  await organisation.load();
  const rootUnit = await organisation.ensureRoot(config.province);
  const registry: Registry = stack.use(
    createRegistry({
      store,
      organisation,
      bus,
      clock,
      log,
      sealer: await openSealer(dataDir),
      facets: facetsOf(() => ({ health, twin, telemetry })),
    }),
  );
  await registry.load();
  const twin: Twin = createTwin({ store, registry, bus, clock });
  await twin.load();
  const telemetry: Telemetry = createTelemetry({ store, clock, log, retention: retentionOf(config) });
  await telemetry.load();
  const quarantine = stack.use(createQuarantine({ store, bus, clock, log }));
  const health: Health = stack.use(createHealth({ store, registry, twin, organisation, quarantine, bus, clock, log }));
  await health.load();
  const commands = createCommands({ store, registry, bus, audit, clock, log });
  const ingest = stack.use(
    createIngest({
      store,
      registry,
      twin,
      telemetry,
      commands,
      quarantine,
      bus,
      clock,
      log,
      recordSinks: [heardOf(health)],
    }),
  );
  stack.use(telemetry.start());
  return {
    store,
    bus,
    audit,
    organisation,
    rootUnit,
    registry,
    twin,
    telemetry,
    quarantine,
    health,
    commands,
    ingest,
    history: createHistory({ store }),
  };
}

/** A device that was in a report is not stale, whatever it reported. */
function heardOf(health: Health): RecordSink {
  return {
    kinds: ['samples', 'state', 'inventory', 'event'],
    apply: async (trx, _agentId, records) => {
      afterCommit(trx, () =>
        health.reported(records.flatMap((record) => ('device' in record && record.device ? [record.device] : []))),
      );
    },
  };
}

type Fleet = Awaited<ReturnType<typeof openFleet>>;

/** What a device's page shows beside the registry's own; the three are made after the registry. */
function facetsOf(parts: () => { readonly health: Health; readonly twin: Twin; readonly telemetry: Telemetry }) {
  return {
    verdictOf: (deviceId: string) => parts().health.verdictOf(deviceId),
    agentVerdictOf: (agentId: string) => parts().health.agentVerdictOf(agentId),
    reportedOf: (deviceId: string) => parts().twin.reported(deviceId),
    descriptorOf: (deviceId: string) => parts().twin.inventoryOf(deviceId),
    latestOf: (deviceId: string) => parts().telemetry.latestOf(deviceId),
    lastReportAt: (deviceId: string) => {
      const { twin, telemetry } = parts();
      const times = [twin.lastReportAt(deviceId), telemetry.lastReportAt(deviceId)].filter((at) => at !== undefined);
      return times.sort((a, b) => b.getTime() - a.getTime())[0];
    },
  };
}

function retentionOf({ telemetry }: HubConfig) {
  return { raw: telemetry.rawDays, fiveMinute: telemetry.fiveMinuteDays, hourly: telemetry.hourlyDays };
}

/** The three listeners: gateway and broker for agents, HTTP for people. */
async function openDoors(deps: HubDeps, fleet: Fleet, stack: AsyncDisposableStack) {
  const { config, clock, log } = deps;
  const { store, registry, commands, audit, organisation } = fleet;
  const authority = await openAuthority({ folder: join(config.dataDir, 'authority'), clock });
  const names = new Set([
    config.gateway.publicHost ?? 'localhost',
    config.gateway.host,
    config.broker.host,
    hostname(),
    'localhost',
    '127.0.0.1',
  ]);
  const tls = await tlsOf(
    authority,
    [...names].filter((name) => !isAny(name)),
  );
  const publicHost = config.gateway.publicHost ?? (isAny(config.gateway.host) ? hostname() : config.gateway.host);
  const ports = { gateway: config.gateway.port, broker: config.broker.port };
  const urls = {
    get gatewayUrl() {
      return `https://${publicHost}:${ports.gateway}`;
    },
    get mqttUrl() {
      return `mqtts://${publicHost}:${ports.broker}`;
    },
  };
  const enrolment = createEnrolment({ store, authority, organisation, registry, audit, urls, clock, log });
  const { credentials } = enrolment;
  const broker = stack.use(
    await createBroker({
      ...fleet,
      tls,
      credentials,
      clock,
      log,
      limits: { maxConnections: config.broker.maxConnections },
    }),
  );
  const gateway = stack.use(
    createGateway({ tls, enrolment, commands, pictures: { maxBytes: pictureLimits.bytes, types: pictureTypes }, log }),
  );
  ports.gateway = await gateway.listen(config.gateway.port, config.gateway.host);
  ports.broker = await broker.listen(config.broker.port, config.broker.host);
  stack.use(registry.onDesired((agentId) => send(broker.sendDesired(agentId), 'desired', log)));
  stack.use(await commands.onQueued((agentId) => send(broker.sendCommands(agentId), 'commands', log)));
  stack.use(await enrolment.onWithdrawn((agentId) => broker.disconnect(agentId, 'access was withdrawn')));
  const { url, access } = await openHttp(deps, { ...fleet, broker, enrolment }, stack);
  return { url, gatewayUrl: urls.gatewayUrl, brokerUrl: urls.mqttUrl, access, broker };
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

async function tlsOf(authority: Authority, names: readonly string[]) {
  const { keyPem, chainPem } = await authority.serverIdentity(names);
  return { keyPem, chainPem, clientTrustPems: authority.clientTrustPems };
}

/** What an agent misses now it is sent when it says hello again. */
function send(sending: Promise<void>, what: string, log: Log): void {
  sending.catch((error: unknown) => log.warn('could not be sent to an agent now', { what, error }));
}

type People = Fleet & { readonly broker: Broker; readonly enrolment: ReturnType<typeof createEnrolment> };

async function openHttp(deps: HubDeps, people: People, stack: AsyncDisposableStack) {
  const { config, clock, log, version } = deps;
  const { store, registry, telemetry, broker } = people;
  const { host, port } = config.http;
  const publicUrl = config.http.publicUrl ?? `http://${isAny(host) ? hostname() : host}:${port}`;
  const access = createAccess({
    store,
    secret: await openSecret(join(config.dataDir, 'session-secret')),
    publicUrl,
    clock,
    log,
  });
  await ensureAdministrator({ access, config, unitId: people.rootUnit, log });
  const metrics = new Metrics();
  measureHub(metrics, people);
  const server = stack.use(
    await createHttpServer({
      features: {
        ...people,
        access,
        vouchers: people.enrolment,
        telemetry: {
          series: (deviceId, query) => {
            const device = registry.deviceOf(deviceId);
            if (!device)
              throw new FatalError('unknown-device', `device ${deviceId} left the directory while it was read`);
            return telemetry.series(device, query);
          },
        },
      },
      version,
      publicUrl,
      trustProxy: config.http.trustProxy,
      dashboardDir: join(import.meta.dirname, 'dashboard/dist'),
      ready: [
        {
          name: 'database',
          check: async () => void (await store.db.selectFrom('unit').select('id').limit(1).execute()),
        },
        { name: 'broker', check: async () => void broker.connected },
      ],
      metrics,
      clock,
      log,
    }),
  );
  const listening = await server.listen({ host, port });
  return { access, url: config.http.publicUrl ?? `http://${isAny(host) ? hostname() : host}:${listening.port}` };
}

function jobsOf({ health, commands, quarantine }: Fleet, { access }: Awaited<ReturnType<typeof openDoors>>) {
  return [
    { name: 'health', everyMs: 5 * second, run: () => health.tick() },
    { name: 'expire commands', everyMs: 5 * second, run: () => commands.expire() },
    { name: 'trim quarantine', everyMs: hour, run: () => quarantine.trim() },
    { name: 'expire sessions', everyMs: hour, run: () => access.expireSessions() },
  ];
}
