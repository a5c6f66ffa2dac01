import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Client } from 'aedes';
import type { Clock, Log } from '../../protocols/ports.ts';
import { guardPacketSize } from '../../provisioning/platform/packet-guard.ts';
import { mayRead, mayReceive, shown } from './authorize.ts';
import { createBans } from './bans.ts';
import { type BrokerCounters, createCounters } from './counters.ts';
import { createDoorkeeper, peerOf } from './doorkeeper.ts';
import { createDownlink } from './downlink.ts';
import { createEngine, type EngineHandlers } from './engine.ts';
import { Rejection, type RejectionCode } from './error.ts';
import { createJournal, type Knock } from './journal.ts';
import { type BrokerTls, createListener } from './listener.ts';
import type {
  BrokerAudit,
  BrokerCommands,
  BrokerCredentials,
  BrokerHealth,
  BrokerIngest,
  BrokerMachines,
  BrokerPolicies,
  BrokerQuarantine,
  BrokerRegistry,
  BrokerWitnesses,
} from './ports.ts';
import { createSessions, type Session } from './sessions.ts';
import { type BrokerLimits, defaultLimits } from './settings.ts';
import { startSweep } from './sweep.ts';
import { createTakeovers } from './takeovers.ts';
import { inTurn } from './turn.ts';
import { createUplink } from './uplink.ts';

interface BrokerDeps {
  readonly tls: BrokerTls;
  readonly registry: BrokerRegistry;
  readonly ingest: BrokerIngest;
  readonly machines: BrokerMachines;
  readonly witnesses: BrokerWitnesses;
  readonly health: BrokerHealth;
  readonly commands: BrokerCommands;
  readonly policies?: BrokerPolicies;
  readonly credentials: BrokerCredentials;
  readonly quarantine: BrokerQuarantine;
  readonly audit: BrokerAudit;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<BrokerLimits>;
}

export interface Broker extends AsyncDisposable {
  /** Begins to serve; returns the port. */
  listen(port: number, host?: string): Promise<number>;
  /** Sends the desired document to an agent that is connected here; does nothing for others. */
  sendDesired(agentId: string): Promise<void>;
  /** Sends the bundle of policies to an agent that is connected here and holds a lower number. */
  sendPolicies(agentId: string): Promise<void>;
  /** Sends queued commands to an agent that is connected here. */
  sendCommands(agentId: string): Promise<void>;
  /** Ends the session of an agent now. */
  disconnect(agentId: string, reason: string): void;
  replaceTls(tls: BrokerTls): void;
  readonly counters: BrokerCounters;
  /** Whether connections are taken. */
  readonly listening: boolean;
  /** Agents connected now. */
  readonly connected: number;
}

/** Violations of the contract: the agent is kept out for a while, and the audit log says so. */
const violations: ReadonlySet<RejectionCode> = new Set([
  'foreign-topic',
  'reserved-topic',
  'foreign-filter',
  'quality-of-service',
  'retained',
]);

/** Refused filters of one session that are told; the rest is only counted by the limit. */
const toldFilters = 3;

/** The MQTT door of the hub: transport only, it keeps nothing. Durability belongs to ingest and outbox. */
export async function createBroker(deps: BrokerDeps): Promise<Broker> {
  const { credentials, machines, health, clock, log } = deps;
  const limits: BrokerLimits = { ...defaultLimits, ...deps.limits };
  const counters = createCounters();
  const sessions = createSessions();
  const bans = createBans(clock, limits.banMs);
  const takeovers = createTakeovers(clock);
  const journal = createJournal({ ...deps, counters });
  const doorkeeper = createDoorkeeper({ credentials, bans, limits, clock, log, deaf: () => health.deaf() });
  // Read at the start: a closed socket no longer says where it came from.
  const knocks = new WeakMap<Client, Knock>();

  const cut = (session: Session, rejection: Rejection): void => {
    if (session.ended) return;
    session.ended = true;
    journal.rejected(rejection, { address: session.address, agentId: session.identity.agentId });
    session.client.close();
  };
  const downlink = createDownlink({ ...deps, limits, counters, cut });
  const uplink = createUplink({ ...deps, downlink, journal, counters });

  const handlers: EngineHandlers = {
    greet: doorkeeper.greet,
    admit: async (client) => {
      const { identity, socket } = await doorkeeper.admit(client);
      const session: Session = {
        id: randomUUID(),
        identity,
        address: socket.remoteAddress ?? 'unknown',
        client,
        socket,
        granted: new Set(),
        refusedFilters: 0,
        heardMono: clock.mono(),
        greeted: false,
        generation: 0,
        generationSentMs: Number.NEGATIVE_INFINITY,
        policy: 0,
        opensSealed: false,
        ended: false,
        sendCommands: inTurn(() => downlink.commands(session, false)),
        sendDesired: inTurn(() => downlink.desired(session)),
        sendPolicies: inTurn(() => downlink.policies(session)),
      };
      sessions.remember(session);
      listener.known(socket);
    },
    publish: (client, publication) => {
      const session = sessions.of(client);
      if (!session) return Promise.reject(new Rejection('no-identity', 'publication without a session'));
      return uplink(session, publication);
    },
    subscribe: (client, subscription) => {
      const session = sessions.of(client);
      if (!session) return null;
      const { agentId } = session.identity;
      const filter = subscription.topic;
      if (mayRead(agentId, filter)) {
        session.granted.add(filter);
        return subscription;
      }
      const rejection = new Rejection('foreign-filter', `${agentId} may not subscribe to ${shown(filter)}`);
      if (++session.refusedFilters > limits.refusedFilters) throw rejection;
      if (session.refusedFilters <= toldFilters)
        journal.rejected(rejection, { address: session.address, agentId, topic: shown(filter) });
      return null;
    },
    mayReceive: (client, topic) => {
      const session = sessions.of(client);
      return session !== undefined && mayReceive(session.identity.agentId, topic);
    },
    entered: (client) => {
      const session = sessions.of(client);
      if (!session) return client.close();
      const { agentId } = session.identity;
      counters.connections++;
      const before = sessions.enter(session);
      health.connected(agentId, session.id);
      log.info('agent connected', { agent: agentId, address: session.address });
      if (!before) return;
      before.ended = true;
      before.client.close();
      health.disconnected(agentId, before.id);
      log.info('session taken over', { agent: agentId, from: before.address, to: session.address });
      if (!takeovers.note(agentId, clock.mono() - before.heardMono)) return;
      const reason = `two machines seem to use one identity, from ${before.address} and ${session.address}`;
      journal.violated(new Rejection('clone-suspected', reason), { address: session.address, agentId });
      machines.suspected(agentId, [before.address, session.address]).catch((error: unknown) => {
        log.error('a suspected clone could not be put into quarantine', { error, agent: agentId });
      });
    },
    // Heartbeats draw no answer and may be lost for ever; who asks and is answered lives all the same.
    asked: (client) => {
      const session = sessions.of(client);
      if (!session || session.ended) return;
      session.heardMono = clock.mono();
      health.heard(session.identity.agentId);
    },
    left: (client) => {
      const session = sessions.of(client);
      if (!session) return;
      session.ended = true;
      if (!sessions.leave(session)) return;
      health.disconnected(session.identity.agentId, session.id);
      log.info('agent disconnected', { agent: session.identity.agentId });
    },
    failed: (client, rejection) => {
      const session = sessions.of(client);
      const knock = knocks.get(client) ?? { address: 'unknown' };
      if (session && violations.has(rejection.code)) {
        session.ended = true;
        bans.add(session.identity.agentId);
        journal.violated(rejection, knock);
      } else if (!session?.ended) journal.rejected(rejection, knock);
    },
  };

  const engine = await createEngine(limits, handlers, log);
  // A library that cannot be bounded must end the start, not the first connection.
  const probe = engine.handle(new PassThrough());
  const guard = (client: Client): void =>
    guardPacketSize(
      client,
      () => limits.packetBytes,
      (message) => new Rejection('oversize-packet', message),
    );
  guard(probe);
  probe.close();
  const accept = (socket: TLSSocket): void => {
    const client = engine.handle(socket);
    const peer = peerOf(socket);
    knocks.set(client, { address: socket.remoteAddress ?? 'unknown', ...(peer ? { agentId: peer.agentId } : {}) });
    guard(client);
  };
  const listener = createListener({ tls: deps.tls, limits, journal, log, accept });
  const sweep = startSweep({ sessions, credentials, everyMs: limits.sweepMs, cut, clock, log });

  let isListening = false;
  return {
    listen: async (port, host = '127.0.0.1') => {
      const listening = await listener.listen(port, host);
      isListening = true;
      // Until now nobody could be heard.
      health.deaf();
      return listening;
    },
    sendDesired: async (agentId) => {
      const session = sessions.live(agentId);
      if (session?.greeted) await session.sendDesired();
    },
    sendPolicies: async (agentId) => {
      const session = sessions.live(agentId);
      if (session?.greeted) await session.sendPolicies();
    },
    sendCommands: async (agentId) => {
      const session = sessions.live(agentId);
      if (session?.greeted) await session.sendCommands();
    },
    disconnect: (agentId, reason) => {
      const session = sessions.live(agentId);
      if (session) cut(session, new Rejection('credential-refused', reason));
    },
    replaceTls: (tls) => listener.replaceTls(tls),
    counters,
    get listening() {
      return isListening;
    },
    get connected() {
      return sessions.size;
    },
    [Symbol.asyncDispose]: async () => {
      isListening = false;
      await sweep[Symbol.asyncDispose]();
      await new Promise<void>((resolve) => engine.close(() => resolve()));
      await listener[Symbol.asyncDispose]();
    },
  };
}
