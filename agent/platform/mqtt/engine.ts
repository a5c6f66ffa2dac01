import { Readable } from 'node:stream';
import type { Aedes, Client, Subscription } from 'aedes';
import { toError } from '../../../protocols/errors.ts';
import type { Log } from '../../../protocols/ports.ts';
import type { LocalBrokerLimits } from './limits.ts';
import { toRefusal } from './refusal.ts';
import { maxTopicLevels } from './topic-filter.ts';

export type { Aedes, Client } from 'aedes';

/** What the MQTT library asks, in words of ours. Whatever a handler throws ends that client and nothing else. */
export interface EngineHandlers {
  /** Rejects with Refusal. Resolves with the user name under which the client is known from now on. */
  signIn(client: Client, username: string | undefined, password: Uint8Array | undefined): Promise<string>;
  /** One publication, also a will. Resolves when the client may send the next one. */
  publish(client: Client, topic: string, payload: Uint8Array, isRetained: boolean): Promise<void>;
  /** Whether the filter is granted; false answers SUBACK 128. */
  subscribe(client: Client, filter: string, qos: number): boolean;
  unsubscribed(client: Client, filters: readonly string[]): void;
  mayReceive(client: Client, topic: string): boolean;
  failed(client: Client, error: Error): void;
}

/** Packets of one client that may wait for its CONNECT to be answered, and QoS 2 ones that wait for PUBREL. */
const queueLimit = 42;
const maxInflightInbound = 100;
/** Deliveries at once: high, because one frozen reader holds a place until it is cut. */
const concurrency = 1_000;

/** A topic of the broker's own that nobody can subscribe to: what was handed to the seats goes no further. */
const takenTopic = '$agent/taken';

/**
 * aedes as a star: clients speak to the seats and seats to clients, never clients to each other. The library keeps nothing:
 * no session, no retained message, no will. Every topic, payload and filter passes a handler first.
 */
export async function createEngine(limits: LocalBrokerLimits, handlers: EngineHandlers, log: Log): Promise<Aedes> {
  // Large, and of no use to an agent whose devices speak no MQTT.
  const { Aedes } = await import('aedes');
  const broken = (error: unknown) => log.error('the broker library failed', { error });
  const settle = (work: () => Promise<void>, done: (error?: Error) => void): void => {
    (async () => await work())()
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
    persistence: createEmptyPersistence(),
    preConnect: (_client, packet, done) => {
      // The answer says that there is no earlier session (3.2.2.2); a device then subscribes again, as it must.
      packet.clean = true;
      done(null, true);
    },
    authenticate: (client, username, password, done) => {
      const signIn = async () => {
        const user = await handlers.signIn(client, username, password);
        // A client id is the device's own choice: only the same user can take a session over by it (3.1.4).
        client.id = `${user}\u0000${client.id}`;
      };
      settle(signIn, (error) => {
        if (error) done(toRefusal(error), false);
        else done(null, true);
      });
    },
    authorizePublish: (client, packet, done) => {
      if (!client) return done(new Error('a publication without a client'));
      const { topic, retain } = packet;
      // A copy: the original is a window on the buffer of a whole read.
      const payload = new Uint8Array(Buffer.from(packet.payload));
      packet.topic = takenTopic;
      packet.payload = '';
      packet.retain = false;
      settle(
        () => handlers.publish(client, topic, payload, retain),
        (error) => done(error ?? null),
      );
    },
    authorizeSubscribe: (client, subscription, done) => {
      let granted: Subscription | null = null;
      try {
        if (handlers.subscribe(client, subscription.topic, subscription.qos)) granted = subscription;
      } catch (thrown) {
        return done(toError(thrown));
      }
      done(null, granted);
    },
    authorizeForward: (client, packet) => (handlers.mayReceive(client, packet.topic) ? packet : null),
  });

  engine.on('clientError', (client, error) => handlers.failed(client, error));
  engine.on('connectionError', (client, error) => handlers.failed(client, error));
  engine.on('unsubscribe', (filters, client) => handlers.unsubscribed(client, filters));
  // Not in its types; without a listener an error of the library would end the process.
  Reflect.apply(engine.on, engine, ['error', broken]);
  return engine;
}

/**
 * What aedes asks of its store, when nothing is stored but the QoS 2 packets that wait for PUBREL: those are empty here, and
 * bounded by `maxInflightInbound` a client.
 */
function createEmptyPersistence() {
  const incoming = new Map<string, Map<number, object>>();
  interface Packet {
    readonly messageId: number;
  }
  const nothing = async () => undefined;
  return {
    setup: async () => {},
    destroy: nothing,
    storeRetained: nothing,
    createRetainedStream: () => Readable.from([]),
    createRetainedStreamCombi: () => Readable.from([]),
    addSubscriptions: nothing,
    removeSubscriptions: nothing,
    cleanSubscriptions: nothing,
    subscriptionsByClient: async () => [],
    subscriptionsByTopic: async () => [],
    countOffline: async () => ({ subsCount: 0, clientsCount: 0 }),
    outgoingEnqueue: nothing,
    outgoingEnqueueCombi: nothing,
    outgoingUpdate: nothing,
    outgoingClearMessageId: nothing,
    outgoingStream: () => Readable.from([]),
    incomingStorePacket: async ({ id }: Client, packet: Packet) => {
      const packets = incoming.get(id) ?? new Map<number, object>();
      incoming.set(id, packets.set(packet.messageId, {}));
    },
    incomingGetPacket: async ({ id }: Client, { messageId }: Packet) => {
      const packet = incoming.get(id)?.get(messageId);
      if (!packet) throw new Error('no such packet');
      return packet;
    },
    incomingDelPacket: async ({ id }: Client, { messageId }: Packet) => {
      if (!incoming.get(id)?.delete(messageId)) throw new Error('no such packet');
    },
    cleanIncoming: async ({ id }: Client) => void incoming.delete(id),
    putWill: nothing,
    getWill: nothing,
    delWill: nothing,
    streamWill: () => Readable.from([]),
    getClientList: () => Readable.from([]),
  };
}
