import { join } from 'node:path';
import { FatalError, toError } from '../protocols/errors.ts';
import { agentSubject } from '../protocols/fleet/agent-events.ts';
import type { DesiredDevice } from '../protocols/fleet/messages.ts';
import type { RecordBody } from '../protocols/fleet/record.ts';
import type { Clock, Log } from '../protocols/ports.ts';
import type { AgentConfig } from './config.ts';
import { ConfigurationKeeper } from './configuration/keeper.ts';
import type { Driver, DriverContext, HostPort } from './devices/driver.ts';
import { settingFieldsOf } from './devices/setting-fields.ts';
import { Discovery, type DiscoveryPolicy } from './discovery/discovery.ts';
import { Welcome } from './discovery/welcome.ts';
import { createSelfLoad } from './health/self-load.ts';
import { createLifeCheck } from './health/sign-of-life.ts';
import { type HubLink, noUpload, startHubLink } from './hub-link.ts';
import { isEnrolled, loadIdentity, type StoredIdentity, trustOf } from './identity.ts';
import { readFingerprint } from './machine.ts';
import type { BrokerPort } from './platform/broker.ts';
import type { AnnouncementSource } from './platform/local-broker.ts';
import type { Network } from './platform/network.ts';
import { createProcessProbe } from './platform/process-load.ts';
import type { ProgramPort } from './platform/program.ts';
import { Policies } from './policies/policies.ts';
import { loadPreparation, removePreparation, storeRefusal } from './preparation.ts';
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
import { Redemption } from './uplink/redemption.ts';
import type { AgentFacts } from './uplink/uplink.ts';
import { WitnessStore } from './uplink/witness-store.ts';

export interface AgentDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly network: Network;
  /** With what its clients announce, where it is a real one. */
  readonly broker: BrokerPort & { readonly announcements?: AnnouncementSource };
  readonly programs: ProgramPort;
  readonly host: HostPort;
  readonly drivers: readonly Driver[];
  /** Family of the driver that speaks to this machine itself. */
  readonly hostFamily: string;
  readonly facts: Pick<AgentFacts, 'version' | 'bootId' | 'platform'>;
  /** In [0, 1). */
  readonly random: () => number;
  /** MQTT over mutual TLS unless given. */
  readonly connect?: Connect;
}

export interface Agent extends AsyncDisposable {
  /** Undefined before the enrolment. */
  readonly agentId: string | undefined;
  /** Whether the hub has answered. */
  readonly isOnline: boolean;
  /** Looks for devices now; resolves when the round is over. */
  discover(): Promise<void>;
  /** Proves that the core works, and says in a line how it is. Throws when only a new start can help. */
  signOfLife(): string;
  /** Resolves when the agent cannot go on and has to be started again. */
  readonly failed: Promise<Error>;
}

const mebibyte = 1024 * 1024;

/** The device that stands for this machine until the hub has named it. */
const ownMachine = 'this-machine';

/**
 * Starts the whole agent: what it holds durably, the session with the hub, the devices that it was last told to run, and the
 * search for others. It works without a hub, and a machine that was prepared works without an identity: it watches itself, looks
 * for devices, keeps what it finds, and enrols when it reaches the hub. Disposing stops everything in reverse order and leaves no
 * timer or socket. Throws FatalError `not-enrolled` | `identity-broken` | `preparation-broken` | `outbox-in-use` | `outbox-newer`.
 */
export async function createAgent(deps: AgentDeps, config: AgentConfig): Promise<Agent> {
  const { clock, log, network, broker, programs, host, drivers, random } = deps;
  const { dataDir } = config;
  const prepared = await loadPreparation(dataDir);
  const identity = prepared && !(await isEnrolled(dataDir)) ? undefined : await loadIdentity(dataDir);
  const machine = await readFingerprint(deps, config.machine.serial);
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>();
  await using started = new AsyncDisposableStack();

  const database = started.use(openDatabase(join(dataDir, 'outbox.db')));
  const limits = { ...defaultOutboxLimits, maxBytes: config.outbox.maxMebibytes * mebibyte };
  const outbox = started.use(new Outbox({ database, clock, limits }));
  const inbox = new Inbox(database);
  const desired = new DesiredStore(database);
  const cards = new CardStore(database);
  const witnesses = new WitnessStore(database);
  const outboxSink = started.use(new OutboxSink({ outbox, clock, log, onFatal: fail }));
  const policies = started.use(
    new Policies({
      dataDir,
      database,
      outbox,
      target: (device) => supervisor.target(device),
      now: () => link?.hubNow() ?? clock.now(),
      clock,
      log,
    }),
  );
  let hostDevice: string | undefined;
  let refused: string | undefined;
  let keeper: ConfigurationKeeper | undefined;
  const sink: RecordSink = (lane, body) => {
    const named = hostDevice ? renamed(body, hostDevice) : body;
    outboxSink.take(lane, named);
    keeper?.observe(named);
    policies.observe(named);
  };
  reportReplacement(database, sink, deps);

  const probe = started.use(createProcessProbe());
  const readLoad = createSelfLoad(probe, clock);
  let link: HubLink | undefined;
  started.defer(async () => link?.[Symbol.asyncDispose]());
  const router = started.use(
    new CommandRouter({
      inbox,
      target: (device) => supervisor.target(device),
      sink,
      clock,
      log,
      hubNow: () => link?.hubNow() ?? clock.now(),
    }),
  );
  const upload: DriverContext['upload'] = (...picture) => (link?.upload ?? noUpload)(...picture);
  const findDriver = (family: string) => drivers.find((driver) => driver.family === family);
  const ports = { clock, log, network, broker, programs, host, sink, cards, upload, random };
  const supervisor = started.use(new Supervisor(findDriver, ports));
  started.defer(() => policies.stop());
  const target = (device: string) => supervisor.target(device);
  keeper = started.use(new ConfigurationKeeper({ target, sink, clock, log }));
  const run = (devices: readonly DesiredDevice[]) => {
    supervisor.apply(devices);
    keeper?.apply(devices);
  };
  const wanted = () => (link || identity ? desired.current : undefined);
  const known = () => ({ devices: wanted()?.devices ?? [], refused: new Set(wanted()?.refused) });
  const policy = discoveryPolicy(config);
  const announced = broker.announcements ? { announcements: broker.announcements } : {};
  const discovery = started.use(
    new Discovery({ ...announced, drivers, policy, network, clock, log, sink, known, random }),
  );

  const begin = (as: StoredIdentity): void => {
    link = startHubLink({
      identity: as,
      dataDir,
      connect: deps.connect ?? connectToHub,
      outbox,
      inbox,
      desired,
      witnesses,
      policies,
      facts: {
        ...deps.facts,
        startedAt: Math.round(clock.now()),
        families: familiesOf(drivers),
        ...(machine ? { machine } : {}),
      },
      load: () => ({ load: readLoad(), devices: supervisor.count() }),
      onDesired: ({ devices }) => {
        run(devices);
        retainCards(cards, devices, log);
      },
      onCommands: (commands) => router.accept(commands),
      onCancellations: (ids) => router.cancel(ids),
      clock,
      log,
      random,
      returnSpreadMs: config.hub.returnSpreadSeconds * 1_000,
    });
    log.info('agent started', {
      agent: as.agentId,
      name: as.name,
      epoch: outbox.epoch,
      generation: desired.generation,
    });
  };
  /** What was measured without a name goes to the hub under the one that it gave. Again after a crash in between. */
  const settle = async (as: StoredIdentity): Promise<void> => {
    hostDevice = as.hostDevice;
    if (hostDevice) await outbox.readdress(ownMachine, hostDevice);
    await removePreparation(dataDir);
  };
  const redeem = async (signal: AbortSignal): Promise<StoredIdentity> => {
    const as = await redeemed(deps, config, signal);
    supervisor.apply([]);
    await settle(as);
    await policies.start(trustOf(as));
    return as;
  };

  router.recover();
  if (identity) {
    if (prepared) await settle(identity);
    desired.unseal(identity);
    run(desired.current?.devices ?? []);
    router.accept(inbox.waiting());
    await policies.start(trustOf(identity));
    begin(identity);
  } else {
    const own = { id: ownMachine, family: deps.hostFamily, name: ownMachine, settings: {} };
    supervisor.apply([own]);
    const onRedeemed = (as: StoredIdentity): void => {
      desired.unseal(as);
      run(desired.current?.devices ?? []);
      router.accept(inbox.waiting());
      begin(as);
    };
    const onRefused = async (error: Error): Promise<void> => {
      if (!(error instanceof FatalError)) return;
      refused = error.code;
      const now = await loadPreparation(dataDir);
      if (now) await storeRefusal(dataDir, now, { code: error.code, at: Math.round(clock.now()) });
    };
    started.use(new Redemption({ redeem, onRedeemed, onRefused, clock, log, random })).start();
    log.info('the agent works without an identity and enrols when it reaches the hub', { hub: prepared?.hubUrl });
  }
  const { welcome } = config.localBroker;
  if (welcome && policy.enabled) started.use(new Welcome({ broker, credentials: welcome, clock, log })).start();
  discovery.start();

  const checkLife = createLifeCheck(database, clock);
  const running = started.move();
  return {
    get agentId() {
      return link?.agentId;
    },
    get isOnline() {
      return link?.isOnline ?? false;
    },
    discover: () => discovery.run(),
    signOfLife: () => {
      const trouble = checkLife();
      const { total, up } = supervisor.count();
      const pending = Object.values(outbox.accounts()).reduce((sum, lane) => sum + lane.pending, 0);
      const alone = refused ? `not enrolled: the hub says ${refused}, a new voucher is needed` : 'not enrolled yet';
      const hub = link ? (link.isOnline ? 'connected to the hub' : 'no hub') : alone;
      return `${trouble ? `${trouble}; ` : ''}${hub}; ${up} of ${total} devices up; ${pending} records wait`;
    },
    failed,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Enrols a prepared machine, unless somebody has done so from the command line meanwhile. */
async function redeemed(deps: AgentDeps, config: AgentConfig, signal: AbortSignal): Promise<StoredIdentity> {
  const { dataDir } = config;
  if (!(await isEnrolled(dataDir))) {
    // Read each time: a person may have put another voucher.
    const preparation = await loadPreparation(dataDir);
    if (!preparation)
      throw new FatalError('not-enrolled', 'what this machine was prepared with is gone; prepare it again');
    // It brings a large X.509 library, once in the life of a machine.
    const { redeemPreparation } = await import('./enrolment.ts');
    const { clock, host, hostFamily, facts } = deps;
    const machine = { dataDir, host, hostFamily, serial: config.machine.serial, agentVersion: facts.version };
    await redeemPreparation(preparation, { ...machine, clock, signal });
  }
  return loadIdentity(dataDir);
}

/** A record of this machine under the name that the hub gave it. */
function renamed(body: RecordBody, hostDevice: string): RecordBody {
  return 'device' in body && body.device === ownMachine ? { ...body, device: hostDevice } : body;
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
  return drivers.map((driver) => ({
    name: driver.family,
    label: { vi: driver.label.vi, en: driver.label.en },
    settings: [...settingFieldsOf(driver)],
  }));
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
