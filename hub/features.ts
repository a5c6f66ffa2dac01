import { join } from 'node:path';
import { momentOf } from '../protocols/fleet/calendar/moment.ts';
import type { Witness } from '../protocols/fleet/witness.ts';
import type { Clock, Log } from '../protocols/ports.ts';
import { type Authority, openAuthority } from '../provisioning/authority/index.ts';
import { createPolicySigner } from '../provisioning/policy/signature.ts';
import { createOnlineKey, onlineRequest, signOnline } from '../provisioning/release/online.ts';
import { vouchForRoot } from '../provisioning/release/vouching.ts';
import { type Audit, createAudit, createWitnesses, createWitnessKey, type Witnesses } from './audit/index.ts';
import { createAvailability } from './availability/index.ts';
import { createCalendars } from './calendar/index.ts';
import { createCommands } from './commands/index.ts';
import type { HubConfig } from './config.ts';
import { createConfigurations, wishesOfDevices } from './configuration/index.ts';
import { createBus } from './events/bus.ts';
import { codeOf, createHealth, decisiveCapabilities, type Health } from './health/index.ts';
import { createHistory } from './history/index.ts';
import { createIngest, type RecordSink } from './ingest/index.ts';
import { createNotifications } from './notifications/index.ts';
import { createOrganisation, createUnitImports, type Organisation, unitsTemplate } from './organisation/index.ts';
import { createPolicies, createPolicyKey, type Policies } from './policies/index.ts';
import { createProblems, type Problems } from './problems/index.ts';
import { createQuarantine } from './quarantine/index.ts';
import { createRegistry, type Registry } from './registry/index.ts';
import { createDiskStore, createReleases } from './releases/index.ts';
import { openSecret } from './secret.ts';
import { createSheetReader } from './sheets/index.ts';
import { createSiteImports, siteTemplate } from './site/index.ts';
import { afterCommit, openStore, readSealKeys, sealerOf } from './store/index.ts';
import { createTelemetry, type Telemetry } from './telemetry/index.ts';
import { createTwin, type Twin } from './twin/index.ts';

export interface HubDeps {
  readonly config: HubConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
}

/** The features over one database, their live state loaded. */
export async function openFeatures({ config, clock, log }: HubDeps, stack: AsyncDisposableStack) {
  const { dataDir } = config;
  const store = stack.use(await openStore({ databaseUrl: config.databaseUrl, dataDir, clock, log }));
  const bus = createBus(log);
  const audit = stack.use(createAudit({ store, clock }));
  const witnesses = createWitnesses(store, clock, await openSecret(join(dataDir, 'audit-key'), createWitnessKey));
  const organisation: Organisation = stack.use(
    createOrganisation({ store, counts: (path, scope) => health.countsOf(path, scope) }),
  );
  await organisation.load();
  const rootUnit = await organisation.ensureRoot(config.province);
  const reader = createSheetReader(clock);
  const calendars = stack.use(createCalendars({ store, organisation, reader, clock }));
  await calendars.load();
  stack.use(calendars.onChanged(() => bus.publish({ type: 'calendar-changed' }, undefined)));
  const sealer = sealerOf(await readSealKeys(dataDir, config.sealKeyFile));
  const registry: Registry = stack.use(
    createRegistry({
      store,
      organisation,
      bus,
      clock,
      log,
      sealer,
      facets: facetsOf(() => ({ health, twin, telemetry })),
      wishesOf: wishesOfDevices,
    }),
  );
  await registry.load();
  const twin: Twin = createTwin({ store, registry, bus, clock, keep: decisiveCapabilities });
  await twin.load();
  const telemetry: Telemetry = createTelemetry({ store, clock, log, retention: retentionOf(config) });
  await telemetry.load();
  const authority = await openAuthority({ folder: join(dataDir, 'authority'), clock });
  const policies: Policies = stack.use(
    createPolicies({
      store,
      registry,
      organisation,
      calendars,
      signer: await policySignerOf(dataDir, authority),
      audit,
      bus,
      clock,
      log,
    }),
  );
  await policies.load();
  const quarantine = stack.use(createQuarantine({ store, bus, clock, log }));
  const problems: Problems = stack.use(
    createProblems({
      store,
      registry,
      organisation,
      calendarOf: (unitId) => calendars.calendarOf(unitId),
      codeOf,
      verdictOf: (deviceId) => health.verdictOf(deviceId),
      telemetry,
      audit,
      bus,
      clock,
      log,
    }),
  );
  const health: Health = stack.use(
    createHealth({
      store,
      registry,
      twin,
      telemetry,
      organisation,
      quarantine,
      journal: problems.journal,
      calendars,
      policies,
      bus,
      clock,
      log,
    }),
  );
  await health.load();
  await problems.load();
  const commands = createCommands({
    store,
    registry,
    organisation,
    momentAt: (unitId, atMs) => momentOf(calendars.calendarOf(unitId), atMs),
    bus,
    audit,
    clock,
    log,
  });
  const notifications = stack.use(
    await createNotifications({
      store,
      organisation,
      textOf: wordsOf,
      sealer,
      bus,
      config: config.notifications,
      publicUrl: config.http.publicUrl,
      clock,
      log,
    }),
  );
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
      recordSinks: [policies.sink, heardOf(health)],
    }),
  );
  stack.use(telemetry.start());
  return {
    store,
    bus,
    audit,
    witnesses: comparing(witnesses, audit, log),
    organisation,
    calendars,
    rootUnit,
    registry,
    twin,
    telemetry,
    quarantine,
    health,
    problems,
    commands,
    availability: createAvailability({
      store,
      registry,
      organisation,
      calendarOf: (unitId) => calendars.calendarOf(unitId),
      supplierOf: (deviceId) => registry.deviceOf(deviceId)?.supplierName,
      audit,
      clock,
    }),
    configuration: createConfigurations({ store, registry, organisation, twin, audit, clock }),
    notifications,
    authority,
    policies,
    releases: await releasesOf(config, { store, registry, authority, clock }),
    ingest,
    imports: importsOf({ store, organisation, registry, reader, clock }),
    history: createHistory({ store }),
  };
}

/** What a message says of a code; one that a newer hub wrote is named as it is. */
function wordsOf(name: string) {
  const known = codeOf(name);
  return { title: known?.title ?? { vi: name, en: name }, next: known?.next };
}

/** Everything that comes in as tables. */
function importsOf(parts: Parameters<typeof createSiteImports>[0] & Parameters<typeof createUnitImports>[0]) {
  const { importSite } = createSiteImports(parts);
  const families = () => parts.registry.families().map(({ label }) => label.vi);
  return {
    ...createUnitImports(parts),
    importSite,
    template: (of: 'units' | 'site') => (of === 'units' ? unitsTemplate() : siteTemplate(families())),
  };
}

/** A log that an agent contradicts is told to people in the log itself: whoever changed it cannot take that back unseen. */
function comparing(witnesses: Witnesses, audit: Audit, log: Log) {
  const compare = async (agentId: string, shown: readonly Witness[] | undefined): Promise<void> => {
    try {
      const found = shown && (await witnesses.contradiction(shown));
      if (!found) return;
      const detail = { why: found.why, seq: found.witness.seq, head: found.witness.head, at: found.witness.at };
      log.error('the audit log was changed: an agent holds a signed head that is not in it', {
        agent: agentId,
        ...detail,
      });
      await audit.append({ actor: 'hub', action: 'audit.contradicted', subject: `agent:${agentId}`, detail });
    } catch (error) {
      log.warn('the heads that an agent holds could not be compared', { error, agent: agentId });
    }
  };
  return { current: () => witnesses.current(), compare };
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

/** A key of its own, that the device CA vouches for: whoever takes the key of the hub's listeners cannot make policies. */
async function policySignerOf(dataDir: string, { deviceCaPem, signVoucher }: Authority) {
  const keyPem = await openSecret(join(dataDir, 'policy-key'), createPolicyKey);
  return createPolicySigner(keyPem, { deviceCaPem, signStatement: signVoucher });
}

async function releasesOf(
  { dataDir, releases }: HubConfig,
  parts: Pick<Parameters<typeof createReleases>[0], 'store' | 'registry' | 'clock'> & { readonly authority: Authority },
) {
  const { deviceCaPem, signVoucher } = parts.authority;
  const artifacts = createDiskStore({
    folder: releases.folder ?? join(dataDir, 'artifacts'),
    reserveBytes: releases.reserveBytes,
    clock: parts.clock,
  });
  return createReleases({
    ...parts,
    artifacts,
    onlineKeyPem: await openSecret(join(dataDir, 'release-online-key'), createOnlineKey),
    onlineRequest,
    signOnline,
    vouch: (root) => vouchForRoot(root, { deviceCaPem, signStatement: signVoucher }),
    limits: releases,
  });
}

export type HubFeatures = Awaited<ReturnType<typeof openFeatures>>;

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
