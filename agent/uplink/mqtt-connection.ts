import type { SecureVersion } from 'node:tls';
import { connect as connectMqtt, type IClientOptions, type MqttClient } from 'mqtt';
import { FatalError, RecoverableError, toError } from '../../protocols/errors.ts';
import {
  type ChannelName,
  channels,
  type DownChannel,
  downChannels,
  type UpChannel,
} from '../../protocols/fleet/channels.ts';
import { parseTopic, topicOf } from '../../protocols/fleet/topics.ts';
import type { Clock, Log } from '../../protocols/ports.ts';

/** What an agent shows and whom it believes. PEM texts. */
export interface TlsIdentity {
  readonly key: string;
  readonly certificate: string;
  /** Roots, and what stands between them and the hub. Nobody else is trusted. */
  readonly authorities: readonly string[];
}

/** One connection to the hub, from CONNACK until it breaks. It never comes back to life. */
export interface Connection extends AsyncDisposable {
  /**
   * Sends now. Resolves at PUBACK, or for QoS 0 when the bytes are handed over.
   * Rejects with RecoverableError `connection-lost` as soon as the connection is gone; nothing is kept for a later one.
   */
  publish(channel: UpChannel, payload: Uint8Array): Promise<void>;
  /** Resolves with the reason when the connection ends, for whatever reason. */
  readonly closed: Promise<RecoverableError>;
}

export interface ConnectOptions {
  readonly agentId: string;
  /** `mqtts://host:port`. */
  readonly url: string;
  readonly identity: TlsIdentity;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /**
   * Called for one message at a time; PUBACK is sent when it resolves. When it rejects, none is sent and the connection
   * ends, so that the hub sends the message again.
   */
  readonly onMessage: (channel: DownChannel, payload: Uint8Array) => Promise<void>;
}

export type Connect = (options: ConnectOptions) => Promise<Connection>;

const connectTimeoutMs = 10_000;
/** From the first packet to CONNACK and SUBACK, whatever the library does. */
const setupTimeoutMs = 30_000;
const closeTimeoutMs = 1_000;
/**
 * A line may die without a word, and heartbeats draw no answer. So the hub is asked every 15 s, and after 35 s in which
 * nothing at all came a new connection is made: before the hub, at 90 s of silence, counts the agent as unreachable.
 */
const watchMs = 5_000;
const askEveryTicks = 3;
const deadAfterTicks = 7;

/**
 * Connects and subscribes to the agent's own down channels. MQTT 3.1.1 over mutual TLS; the client reconnects nothing,
 * queues nothing and stores nothing (reference: mqtt.js 5.16 loses or re-sends in its own order what it is left with).
 * Throws RecoverableError `hub-unreachable` | `hub-refused`, or the signal's reason.
 */
export const connectToHub: Connect = async (options) => {
  using deadline = options.clock.deadline(setupTimeoutMs, options.signal);
  const connection = new MqttConnection(options, openClient(options));
  try {
    await connection.ready(deadline.signal);
    connection.watch();
    return connection;
  } catch (thrown) {
    await connection[Symbol.asyncDispose]();
    options.signal.throwIfAborted();
    throw thrown;
  }
};

function openClient({ url, agentId, identity }: ConnectOptions): MqttClient {
  const { hostname, port, protocol } = new URL(url);
  if (protocol !== 'mqtts:')
    throw new FatalError('invalid-url', `the hub's broker is reached by mqtts://, not ${protocol}`);
  // What the library does not know it hands on to `tls.connect`.
  const settings: IClientOptions & { readonly minVersion: SecureVersion } = {
    protocol: 'mqtts',
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || 8883),
    clientId: agentId,
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    keepalive: 60,
    connectTimeout: connectTimeoutMs,
    key: identity.key,
    cert: identity.certificate,
    ca: [...identity.authorities],
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  };
  return connectMqtt(settings);
}

class MqttConnection implements Connection {
  readonly closed: Promise<RecoverableError>;
  readonly #options: ConnectOptions;
  readonly #client: MqttClient;
  readonly #close: (reason: RecoverableError) => void;
  readonly #ended = new AbortController();
  #quietTicks = 0;
  #reason: RecoverableError | undefined;
  #lastError: Error | undefined;

  constructor(options: ConnectOptions, client: MqttClient) {
    this.#options = options;
    this.#client = client;
    const { promise, resolve } = Promise.withResolvers<RecoverableError>();
    this.closed = promise;
    this.#close = (reason) => {
      this.#reason ??= reason;
      resolve(this.#reason);
      this.#ended.abort(this.#reason);
    };
    client.on('packetreceive', () => {
      this.#quietTicks = 0;
    });
    client.on('error', (error) => {
      this.#lastError = error;
    });
    client.on('close', () => this.#close(lost(this.#lastError)));
    client.handleMessage = (packet, done) => {
      if (packet.cmd !== 'publish') return done();
      const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
      this.#receive(packet.topic, payload).then(
        () => done(),
        (thrown: unknown) => {
          options.log.warn('a message of the hub was not taken; it is sent again', { error: toError(thrown) });
          this.#close(new RecoverableError('message-not-taken', toError(thrown).message, { cause: thrown }));
          client.end(true);
        },
      );
    };
  }

  /** Resolves after CONNACK and SUBACK. */
  async ready(signal: AbortSignal): Promise<void> {
    await this.#untilClosed(new Promise<void>((resolve) => this.#client.once('connect', () => resolve())), signal);
    const topics = downChannels.map((channel) => topicOf(this.#options.agentId, channel));
    const grants = await this.#untilClosed(this.#client.subscribeAsync(topics, { qos: 1 }), signal);
    const refused = grants.filter(({ qos }) => qos > 1).map(({ topic }) => topic);
    if (refused.length > 0) {
      throw new RecoverableError('hub-refused', `the hub does not grant ${refused.join(', ')}`);
    }
  }

  /** Asks the hub again and again whether it is there, until the connection ends. Counts turns: a standstill is no silence. */
  watch(): void {
    this.#ask().catch((thrown: unknown) => {
      if (!this.#ended.signal.aborted)
        this.#options.log.error('the connection is not watched any more', { error: toError(thrown) });
    });
  }

  async #ask(): Promise<void> {
    for (let tick = 1; this.#quietTicks < deadAfterTicks; tick++) {
      await this.#options.clock.wait(watchMs, this.#ended.signal);
      this.#quietTicks++;
      if (tick % askEveryTicks === 0) this.#client.sendPing();
    }
    this.#close(new RecoverableError('connection-dead', 'the hub did not answer for 35 s: the line is dead'));
    this.#client.end(true);
  }

  async publish(channel: UpChannel, payload: Uint8Array): Promise<void> {
    // The client would keep it for a later connection.
    if (this.#reason || !this.#client.connected) throw this.#reason ?? lost(this.#lastError);
    const topic = topicOf(this.#options.agentId, channel);
    const { qos } = channels[channel];
    await this.#untilClosed(this.#client.publishAsync(topic, asBuffer(payload), { qos, retain: false }));
  }

  /** Ends in order within a second, else by force. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close(new RecoverableError('connection-lost', 'the agent closed the connection'));
    const { clock } = this.#options;
    if (this.#client.connected) {
      using deadline = clock.deadline(closeTimeoutMs);
      await Promise.race([this.#client.endAsync(false), aborted(deadline.signal)]).catch(() => undefined);
    }
    using deadline = clock.deadline(closeTimeoutMs);
    await Promise.race([this.#client.endAsync(true), aborted(deadline.signal)]).catch(() => undefined);
    this.#client.stream?.destroy();
  }

  async #receive(topic: string, payload: Uint8Array): Promise<void> {
    const parsed = parseTopic(topic);
    if (parsed?.agent !== this.#options.agentId || !isDown(parsed.channel)) {
      this.#options.log.warn('a message on a foreign topic was dropped', { topic: topic.slice(0, 200) });
      return;
    }
    await this.#options.onMessage(parsed.channel, payload);
  }

  /** `work`, or the end of the connection, whichever comes first: the client forgets its callers when it loses the socket. */
  #untilClosed<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal?.reason);
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      void this.closed.then(reject);
      work
        .then(resolve, (thrown: unknown) => reject(this.#reason ?? lost(toError(thrown))))
        .finally(() => signal?.removeEventListener('abort', onAbort));
    });
  }
}

function isDown(channel: ChannelName): channel is DownChannel {
  return channels[channel].direction === 'down';
}

function asBuffer(payload: Uint8Array): Buffer {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
}

/** CONNACK return codes are the errors whose `code` is a small number (MQTT 3.1.1, 3.2.2.3). */
function lost(error: Error | undefined): RecoverableError {
  if (!error) return new RecoverableError('connection-lost', 'the connection to the hub ended');
  const code: unknown = 'code' in error ? error.code : undefined;
  const isRefusal = typeof code === 'number' && code > 0 && code < 6;
  if (isRefusal) {
    return new RecoverableError('hub-refused', `the hub refused this agent: ${error.message}`, { cause: error });
  }
  return new RecoverableError('hub-unreachable', `no connection to the hub: ${error.message}`, { cause: error });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
