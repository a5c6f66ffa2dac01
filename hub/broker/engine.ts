import { Aedes, type Client, type Subscription } from 'aedes';
import { toError } from '../../protocols/errors.ts';
import type { Log } from '../../protocols/ports.ts';
import { Rejection, toRejection } from './error.ts';
import { type BrokerLimits, concurrency, maxInflightInbound, maxTopicLevels, queueLimit } from './settings.ts';
import type { Publication } from './uplink.ts';

/** What the MQTT library asks, in words of ours. Whatever a handler throws ends that client and nothing else. */
export interface EngineHandlers {
  /** CONNECT, before anything else is known. */
  greet(packet: { readonly clientId: string; readonly clean?: boolean; readonly will?: unknown }): void;
  admit(client: Client): Promise<void>;
  publish(client: Client, publication: Publication): Promise<void>;
  /** Null refuses the filter (SUBACK 128). */
  subscribe(client: Client, subscription: Subscription): Subscription | null;
  mayReceive(client: Client, topic: string): boolean;
  entered(client: Client): void;
  left(client: Client): void;
  /** It asked whether the hub is there. */
  asked(client: Client): void;
  /** Told once for each client that was cut. */
  failed(client: Client, rejection: Rejection): void;
}

/**
 * aedes with nothing kept: no retained messages, no sessions, no wills. It answers QoS 1 before it stores or delivers, so
 * everything that must be durable happens in `publish`, which it awaits before PUBACK.
 */
export async function createEngine(limits: BrokerLimits, handlers: EngineHandlers, log: Log): Promise<Aedes> {
  const broken = (error: unknown) => log.error('the broker library failed', { error });

  /** A callback of the library that throws must not end the process. */
  const settle = (work: Promise<void>, done: (error?: Error) => void): void => {
    work
      .then(
        () => done(),
        (thrown: unknown) => done(toError(thrown)),
      )
      .catch(broken);
  };

  const engine = await Aedes.createBroker({
    concurrency,
    queueLimit,
    maxInflightInbound,
    maxTopicLevels,
    drainTimeout: limits.drainTimeoutMs,
    connectTimeout: limits.connectTimeoutMs,
    keepaliveLimit: limits.keepaliveSeconds,
    preConnect: (_client, packet, done) => {
      // Without an error the library would leave the connection open and idle.
      const refusal = refusalOf(() => handlers.greet(packet));
      done(refusal ?? null, refusal === undefined);
    },
    authenticate: (client, _username, _password, done) => {
      settle(handlers.admit(client), (error) => {
        if (error) done(toRejection(error), false);
        else done(null, true);
      });
    },
    // Setting this drops the library's own guard of $SYS: our table of topics knows none of it.
    authorizePublish: (client, packet, done) => {
      if (!client) return done(new Rejection('no-identity', 'publication without a session'));
      const { topic, qos, retain, payload } = packet;
      settle(handlers.publish(client, { topic, qos, retain, payload }), (error) => done(error ?? null));
    },
    authorizeSubscribe: (client, subscription, done) => {
      let granted: Subscription | null = null;
      const refusal = refusalOf(() => {
        granted = handlers.subscribe(client, subscription);
      });
      done(refusal ?? null, granted);
    },
    authorizeForward: (client, packet) => (handlers.mayReceive(client, packet.topic) ? packet : null),
  });

  const told = new WeakSet<Client>();
  const failed = (client: Client, error: Error) => {
    if (told.has(client)) return;
    told.add(client);
    handlers.failed(client, toRejection(error));
  };
  engine.on('clientError', failed);
  engine.on('connectionError', failed);
  engine.on('client', (client) => handlers.entered(client));
  engine.on('clientDisconnect', (client) => handlers.left(client));
  engine.on('ping', (_packet, client) => handlers.asked(client));
  // Not in its types; without a listener an error of the library would end the process.
  Reflect.apply(engine.on, engine, ['error', broken]);
  return engine;
}

function refusalOf(work: () => void): Rejection | undefined {
  try {
    work();
    return undefined;
  } catch (thrown) {
    return toRejection(thrown);
  }
}
