import { randomUUID } from 'node:crypto';
import { Aedes, type Client, type Subscription } from 'aedes';
import { toError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import { mayRead, mayReceive, shown } from './authorize.ts';
import { createBans } from './bans.ts';
import { type BrokerCounters, createCounters } from './counters.ts';
import { createDoorkeeper, peerOf } from './doorkeeper.ts';
import { createDownlink } from './downlink.ts';
import { Rejection, type RejectionCode, toRejection } from './error.ts';
import { createJournal, type Knock } from './journal.ts';
import { type BrokerTls, createListener } from './listener.ts';
import { guardPacketSize } from './packet-guard.ts';
import type {
  BrokerAudit,
  BrokerCommands,
  BrokerCredentials,
  BrokerHealth,
  BrokerIngest,
  BrokerQuarantine,
  BrokerRegistry,
} from './ports.ts';
import { createSessions, type Session } from './sessions.ts';
import {
  type BrokerLimits,
  concurrency,
  defaultLimits,
  maxInflightInbound,
  maxTopicLevels,
  queueLimit,
} from './settings.ts';
import { inTurn } from './turn.ts';
import { createUplink } from './uplink.ts';

export interface BrokerDeps {
  readonly tls: BrokerTls;
  readonly registry: BrokerRegistry;
  readonly ingest: BrokerIngest;
  readonly health: BrokerHealth;
  readonly commands: BrokerCommands;
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
  /** Sends queued commands to an agent that is connected here. */
  sendCommands(agentId: string): Promise<void>;
  /** Ends the session of an agent now. */
  disconnect(agentId: string, reason: string): void;
  replaceTls(tls: BrokerTls): void;
  readonly counters: BrokerCounters;
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

/** The MQTT door of the hub: transport only, it keeps nothing (ADR on durability: the application owns it). */
export async function createBroker(deps: BrokerDeps): Promise<Broker> {
  const { registry, commands, credentials, health, clock, log } = deps;
  const limits: BrokerLimits = { ...defaultLimits, ...deps.limits };
  const counters = createCounters();
  const sessions = createSessions();
  const bans = createBans(clock, limits.banMs);
  const journal = createJournal({ ...deps, counters });
  const stop = new AbortController();
  const doorkeeper = createDoorkeeper({ credentials, bans, limits, clock, log, deaf: () => health.deaf() });

  const cut = (session: Session, rejection: Rejection) => {
    if (session.ended) return;
    session.ended = true;
    journal.rejected(rejection, { address: session.address, agentId: session.identity.agentId });
    session.client.close();
  };

  const downlink = createDownlink({ registry, commands, limits, counters, clock, log, cut });
  const uplink = createUplink({ ...deps, downlink, journal, counters });

  const admit = async (client: Client): Promise<void> => {
    const { identity, socket } = await doorkeeper.admit(client);
    const session: Session = {
      id: randomUUID(),
      identity,
      address: socket.remoteAddress ?? 'unknown',
      client,
      socket,
      granted: new Set(),
      refusedFilters: 0,
      greeted: false,
      generation: 0,
      generationSentMs: Number.NEGATIVE_INFINITY,
      ended: false,
      sendCommands: inTurn(() => downlink.commands(session, false)),
      sendDesired: inTurn(() => downlink.desired(session)),
    };
    sessions.remember(session);
    listener.known(socket);
  };

  const subscribe = (client: Client, subscription: Subscription): Subscription | null => {
    const session = sessions.of(client);
    if (!session) return null;
    const filter = subscription.topic;
    if (mayRead(session.identity.agentId, filter)) {
      session.granted.add(filter);
      return subscription;
    }
    session.refusedFilters++;
    const { agentId } = session.identity;
    const rejection = new Rejection('foreign-filter', `${agentId} may not subscribe to ${shown(filter)}`);
    if (session.refusedFilters > limits.refusedFilters) throw rejection;
    if (session.refusedFilters <= 3)
      journal.rejected(rejection, { address: session.address, agentId, topic: shown(filter) });
    return null;
  };

  const aedes = await Aedes.createBroker({
    concurrency,
    queueLimit,
    maxInflightInbound,
    maxTopicLevels,
    drainTimeout: limits.drainTimeoutMs,
    connectTimeout: limits.connectTimeoutMs,
    keepaliveLimit: limits.keepaliveSeconds,
    preConnect: (_client, packet, done) => {
      const refusal = attempt(() => doorkeeper.greet(packet));
      done(refusal ?? null, refusal === undefined);
    },
    authenticate: (client, _username, _password, done) => {
      settle(admit(client), (error) => {
        if (error) done(toRejection(error), false);
        else done(null, true);
      });
    },
    authorizePublish: (client, packet, done) => {
      const session = client && sessions.of(client);
      if (!session) return done(new Rejection('no-identity', 'publication without a session'));
      settle(uplink(session, { ...packet, payload: packet.payload }), (error) => done(error ?? null));
    },
    authorizeSubscribe: (client, subscription, done) => {
      try {
        done(null, subscribe(client, subscription));
      } catch (thrown) {
        done(toError(thrown));
      }
    },
    authorizeForward: (client, packet) => {
      const session = sessions.of(client);
      return session && mayReceive(session.identity.agentId, packet.topic) ? packet : null;
    },
  });

  /** A callback of the library that throws must not end the process: its client ends instead. */
  function settle(work: Promise<void>, done: (error?: Error) => void): void {
    work
      .then(
        () => done(),
        (thrown: unknown) => done(toError(thrown)),
      )
      .catch((error: unknown) => log.error('the broker library failed', { error }));
  }

  const told = new WeakSet<Client>();
  // Read at the start: a closed socket no longer says where it came from.
  const knocks = new WeakMap<Client, Knock>();
  const failed = (client: Client, error: Error) => {
    if (told.has(client)) return;
    told.add(client);
    const session = sessions.of(client);
    const rejection = toRejection(error);
    const knock = knocks.get(client) ?? { address: 'unknown' };
    if (session && violations.has(rejection.code)) {
      session.ended = true;
      bans.add(session.identity.agentId);
      journal.violated(rejection, knock);
    } else if (!session?.ended) journal.rejected(rejection, knock);
  };
  aedes.on('clientError', failed);
  aedes.on('connectionError', failed);
  // Without a listener an error of the library would end the process.
  Reflect.apply(aedes.on, aedes, ['error', (error: unknown) => log.error('the broker library failed', { error })]);
  aedes.on('client', (client) => {
    const session = sessions.of(client);
    if (!session) return client.close();
    counters.connections++;
    const before = sessions.enter(session);
    health.connected(session.identity.agentId, session.id);
    log.info('agent connected', { agent: session.identity.agentId, address: session.address });
    if (!before) return;
    before.ended = true;
    before.client.close();
    health.disconnected(before.identity.agentId, before.id);
    log.info('session taken over', { agent: session.identity.agentId, from: before.address, to: session.address });
  });
  aedes.on('clientDisconnect', (client) => {
    const session = sessions.of(client);
    if (!session) return;
    session.ended = true;
    if (sessions.leave(session)) {
      health.disconnected(session.identity.agentId, session.id);
      log.info('agent disconnected', { agent: session.identity.agentId });
    }
  });

  const listener = createListener({
    tls: deps.tls,
    limits,
    journal,
    log,
    accept: (socket) => {
      const client = aedes.handle(socket);
      const peer = peerOf(socket);
      knocks.set(client, {
        address: socket.remoteAddress ?? 'unknown',
        ...(peer ? { agentId: peer.agentId } : {}),
      });
      guardPacketSize(client, limits.packetBytes);
    },
  });

  const sweep = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await clock.wait(limits.sweepMs, stop.signal);
      try {
        const withdrawn = sessions.size === 0 ? new Set<string>() : await credentials.withdrawn();
        for (const session of [...sessions.all()])
          if (withdrawn.has(session.identity.fingerprint))
            cut(session, new Rejection('credential-refused', 'its access was withdrawn'));
      } catch (error) {
        log.warn('live sessions could not be compared with the database', { error });
      }
    }
  };
  const sweeping = sweep().catch((error: unknown) => {
    if (!stop.signal.aborted) log.error('the sweep of live sessions ended', { error });
  });

  return {
    listen: (port, host = '127.0.0.1') => listener.listen(port, host),
    sendDesired: async (agentId) => {
      const session = sessions.live(agentId);
      if (session?.greeted) await session.sendDesired();
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
    get connected() {
      return sessions.size;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await sweeping;
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      await listener[Symbol.asyncDispose]();
    },
  };
}

function attempt(work: () => void): Rejection | undefined {
  try {
    work();
    return undefined;
  } catch (thrown) {
    return toRejection(thrown);
  }
}
