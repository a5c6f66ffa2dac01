import { join } from 'node:path';
import { toError } from '../protocols/errors.ts';
import { agentSubject } from '../protocols/fleet/agent-events.ts';
import type { Clock, Log } from '../protocols/ports.ts';
import { requestHub } from '../provisioning/enrolment/hub-request.ts';
import type { AgentConfig } from './config.ts';
import type { Driver, DriverContext, HostPort } from './devices/driver.ts';
import { Discovery, type DiscoveryPolicy } from './discovery/discovery.ts';
import { createSelfLoad } from './health/self-load.ts';
import { createLifeCheck } from './health/sign-of-life.ts';
import { loadIdentity, type StoredIdentity, storeRenewal, validityOf } from './identity.ts';
import { readFingerprint } from './machine.ts';
import type { BrokerPort } from './platform/broker.ts';
import type { Network } from './platform/network.ts';
import { createProcessProbe } from './platform/process-load.ts';
import type { ProgramPort } from './platform/program.ts';
import { CommandRouter } from './runtime/command-router.ts';
import type { RecordSink } from './runtime/reporter.ts';
import { Supervisor } from './runtime/supervisor.ts';
import { searchPolicy } from './search.ts';
import { CardStore } from './uplink/card-store.ts';
import { type AgentDatabase, openDatabase } from './uplink/database.ts';
import { DesiredStore } from './uplink/desired-store.ts';
import { Inbox } from './uplink/inbox.ts';
import { type Connect, connectToHub } from './uplink/mqtt-connection.ts';
import { Outbox } from './uplink/outbox.ts';
import { defaultOutboxLimits } from './uplink/outbox-plan.ts';
import { OutboxSink } from './uplink/outbox-sink.ts';
import { Renewal } from './uplink/renewal.ts';
import { type AgentFacts, Uplink } from './uplink/uplink.ts';
import { WitnessStore } from './uplink/witness-store.ts';

export interface AgentDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly network: Network;
  readonly broker: BrokerPort;
  readonly programs: ProgramPort;
  readonly host: HostPort;
  readonly drivers: readonly Driver[];
  readonly facts: Pick<AgentFacts, 'version' | 'bootId' | 'platform'>;
  /** In [0, 1). */
  readonly random: () => number;
  /** MQTT over mutual TLS unless given. */
  readonly connect?: Connect;
}

export interface Agent extends AsyncDisposable {
  readonly agentId: string;
  /** Whether the hub has answered. */
  readonly isOnline: boolean;
  /** Looks for devices now; resolves when the round is over. */
  discover(): Promise<void>;
  /** Proves that the core works, and says in a line how it is. Throws when only a new start can help. */
  signOfLife(): string;
  /** Resolves when the agent cannot go on and has to be started again. */
  readonly failed: Promise<Error>;
}

/** A picture of 4 MiB over a slow school line. */
const uploadTimeoutMs = 60_000;
const mebibyte = 1024 * 1024;

/**
 * Starts the whole agent: what it holds durably, the session with the hub, the devices that it was last told to run, and the
 * search for others. It works without a hub. Disposing stops everything in reverse order and leaves no timer or socket.
 * Throws FatalError `not-enrolled` | `identity-broken` | `outbox-in-use` | `outbox-newer`.
 */
export async function createAgent(deps: AgentDeps, config: AgentConfig): Promise<Agent> {
  const { clock, log, network, broker, programs, host, drivers, random } = deps;
  let identity = await loadIdentity(config.dataDir);
  const machine = await readFingerprint(deps, config.machine.serial);
  const { agentId } = identity;
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>();
  await using started = new AsyncDisposableStack();

  const database = started.use(openDatabase(join(config.dataDir, 'outbox.db')));
  const limits = { ...defaultOutboxLimits, maxBytes: config.outbox.maxMebibytes * mebibyte };
  const outbox = started.use(new Outbox({ database, clock, limits }));
  const inbox = new Inbox(database);
  const desired = new DesiredStore(database);
  const cards = new CardStore(database);
  const witnesses = new WitnessStore(database);
  const outboxSink = started.use(new OutboxSink({ outbox, clock, log, onFatal: fail }));
  const sink: RecordSink = (lane, body) => outboxSink.take(lane, body);
  reportReplacement(database, sink, deps);

  const probe = started.use(createProcessProbe());
  const readLoad = createSelfLoad(probe, clock);
  const uplink = started.use(
    new Uplink({
      agentId,
      url: identity.hub.mqttUrl,
      identity: () => ({ key: identity.keyPem, certificate: identity.certificatePem, authorities: identity.chainPems }),
      connect: deps.connect ?? connectToHub,
      outbox,
      inbox,
      desired,
      witnesses,
      facts: {
        ...deps.facts,
        startedAt: Math.round(clock.now()),
        families: familiesOf(drivers),
        ...(machine ? { machine } : {}),
      },
      load: () => ({ load: readLoad(), devices: supervisor.count() }),
      onDesired: ({ devices }) => {
        supervisor.apply(devices);
        retainCards(cards, devices, log);
      },
      onCommands: (commands) => router.accept(commands),
      clock,
      log,
      random,
      returnSpreadMs: config.hub.returnSpreadSeconds * 1_000,
    }),
  );
  const router = started.use(
    new CommandRouter({
      inbox,
      target: (device) => supervisor.target(device),
      sink,
      clock,
      log,
      hubNow: () => uplink.hubNow(),
    }),
  );
  const upload = uploadTo(() => identity, clock);
  const findDriver = (family: string) => drivers.find((driver) => driver.family === family);
  const ports = { clock, log, network, broker, programs, host, sink, cards, upload, random };
  const supervisor = started.use(new Supervisor(findDriver, ports));
  const known = () => ({ devices: desired.current?.devices ?? [], refused: new Set(desired.current?.refused) });
  const policy = discoveryPolicy(config);
  const discovery = started.use(new Discovery({ drivers, policy, network, clock, log, sink, known, random }));
  const renew = async (signal: AbortSignal) => {
    identity = await renewed(identity, config.dataDir, clock, signal);
    uplink.reconnect('the certificate was renewed');
  };
  const renewal = started.use(new Renewal({ validity: () => validityOf(identity), renew, clock, log, random }));

  desired.unseal(identity);
  router.recover();
  supervisor.apply(desired.current?.devices ?? []);
  router.accept(inbox.waiting());
  uplink.start();
  discovery.start();
  renewal.start();
  log.info('agent started', {
    agent: agentId,
    name: identity.name,
    epoch: outbox.epoch,
    generation: desired.generation,
  });

  const checkLife = createLifeCheck(database, clock);
  const running = started.move();
  return {
    agentId,
    get isOnline() {
      return uplink.isOnline;
    },
    discover: () => discovery.run(),
    signOfLife: () => {
      const trouble = checkLife();
      const { total, up } = supervisor.count();
      const pending = Object.values(outbox.accounts()).reduce((sum, lane) => sum + lane.pending, 0);
      const hub = uplink.isOnline ? 'connected to the hub' : 'no hub';
      return `${trouble ? `${trouble}; ` : ''}${hub}; ${up} of ${total} devices up; ${pending} records wait`;
    },
    failed,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** What is left over after a full disk is taken away the next time. */
function retainCards(cards: CardStore, devices: readonly { readonly id: string }[], log: Log): void {
  try {
    cards.retain(devices.map(({ id }) => id));
  } catch (thrown) {
    log.warn('network cards of removed devices are still remembered', { error: toError(thrown) });
  }
}

/** What the hub cannot know by itself: the families of this agent, and their names for people. */
function familiesOf(drivers: readonly Driver[]): AgentFacts['families'] {
  return drivers.map(({ family, label }) => ({ name: family, label: { vi: label.vi, en: label.en } }));
}

function discoveryPolicy(config: AgentConfig): DiscoveryPolicy {
  const { enabled, intervalSeconds } = config.discovery;
  return { ...searchPolicy(config), enabled, intervalMs: intervalSeconds * 1_000 };
}

/** Tells the hub that a damaged file was put aside, and with it what had not been delivered. */
function reportReplacement({ replaced }: AgentDatabase, sink: RecordSink, { clock, log }: AgentDeps): void {
  if (!replaced) return;
  log.error('the outbox was damaged and was put aside', { ...replaced });
  sink('urgent', {
    kind: 'event',
    at: Math.round(clock.now()),
    capability: agentSubject,
    name: 'outbox-replaced',
    severity: 'critical',
    data: { reason: replaced.reason.slice(0, 500) },
  });
}

function uploadTo(identity: () => StoredIdentity, clock: Clock): DriverContext['upload'] {
  return async (commandId, contentType, bytes, signal) => {
    const { hub, keyPem, certificatePem, chainPems } = identity();
    await requestHub({
      method: 'PUT',
      url: new URL(`/v1/pictures/${encodeURIComponent(commandId)}`, hub.gatewayUrl).href,
      contentType,
      body: bytes,
      authorities: chainPems,
      credentials: { key: keyPem, certificate: certificatePem },
      timeoutMs: uploadTimeoutMs,
      signal,
      clock,
    });
  };
}

async function renewed(
  identity: StoredIdentity,
  dataDir: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<StoredIdentity> {
  // Loaded when it is needed, every few weeks: the X.509 library is large.
  const { renew } = await import('../provisioning/enrolment/enrol.ts');
  const { certificate, chain } = await renew({
    gatewayUrl: identity.hub.gatewayUrl,
    agentId: identity.agentId,
    credentials: { key: identity.keyPem, certificate: identity.certificatePem },
    authorities: identity.chainPems,
    clock,
    signal,
  });
  await storeRenewal(dataDir, { certificate, chain });
  return { ...identity, certificatePem: certificate, chainPems: chain };
}
