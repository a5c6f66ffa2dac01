import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { connectAsync, type MqttClient } from 'mqtt';
import { createLocalBroker } from '../../../agent/platform/local-broker.ts';
import type { Address } from '../../../agent/platform/network.ts';
import { type Clock, silentLog } from '../../../protocols/ports.ts';
import type { Fault, Simulator } from '../simulator.ts';
import type { Message, Model } from './model.ts';

export interface MqttDeviceOptions<M extends Model> {
  readonly clock: Clock;
  readonly username: string;
  readonly password: string;
  readonly model: (device: { readonly uptime: () => number; readonly restart: () => void }) => M;
  /** Whether the device speaks of itself when a fault is set: one that nobody can ask shows it in no other way. */
  readonly isUnasked?: boolean;
}

const retryMs = 300;
const slowMs = 2_000;
const bootMs = 3_000;
const noticeMs = 1_000;
const noise = Buffer.from('\u0000\u00ff{"POWER":nonsense', 'latin1');

/** The broker of an agent on loopback, at a port that was free a moment ago. */
async function createBrokerOfAgent(clock: Clock) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  const policy = { allow: ['127.0.0.0/8'], deny: [], ports: [], broadcast: false };
  const broker = createLocalBroker({ host: '127.0.0.1', port, policy, clock, log: silentLog });
  return { broker, port };
}

/** A device that is an MQTT client: it comes by itself, as soon as the agent's broker lets it, and again after each loss. */
export class MqttDeviceSimulator<M extends Model> implements Simulator {
  /** Of the agent's broker: this device listens nowhere. */
  readonly address: Address;
  readonly broker: Awaited<ReturnType<typeof createBrokerOfAgent>>['broker'];
  readonly model: M;
  readonly #options: MqttDeviceOptions<M>;
  readonly #stop = new AbortController();
  #client: MqttClient | undefined;
  /** Resolves when the present connection is over. */
  #isOver: Promise<void> = Promise.resolve();
  #fault: Fault | undefined;
  #bootedMs: number;
  #refusals = 0;
  #life: Promise<void> | undefined;
  #speaking: Promise<void> = Promise.resolve();

  private constructor(options: MqttDeviceOptions<M>, broker: MqttDeviceSimulator<M>['broker'], port: number) {
    this.#options = options;
    this.address = { host: '127.0.0.1', port };
    this.broker = broker;
    this.#bootedMs = options.clock.mono() - 600_000;
    this.model = options.model({
      uptime: () => (options.clock.mono() - this.#bootedMs) / 1_000,
      restart: () => this.#restart(),
    });
  }

  static async start<M extends Model>(options: MqttDeviceOptions<M>): Promise<MqttDeviceSimulator<M>> {
    const { broker, port } = await createBrokerOfAgent(options.clock);
    const device = new MqttDeviceSimulator(options, broker, port);
    device.#life = device.#live();
    return device;
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    this.#fault = fault;
    const before = this.#refusals;
    const wasConnected = this.#client?.connected === true;
    if (fault === 'reboot' || fault === 'wrong-password') {
      this.#client?.stream.destroy();
      // The other end has noticed by then.
      await this.#options.clock.wait(noticeMs, this.#stop.signal);
    }
    // Nobody is refused before the broker listens.
    while (fault === 'wrong-password' && wasConnected && this.#refusals === before)
      await this.#options.clock.wait(retryMs, this.#stop.signal);
    if (this.#options.isUnasked && fault === 'garbage') await this.#say(this.model.speak());
    if (this.#options.isUnasked && fault === undefined) await this.#say(this.model.greet());
  }

  /** Presses the device's own button; resolves when it has said so. */
  async press(): Promise<void> {
    this.#enqueue(() => this.model.press());
    await this.#speaking;
  }

  /** Says messages as they are. */
  async say(messages: readonly Message[]): Promise<void> {
    await this.#say(messages);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the simulator stops'));
    await this.#client?.endAsync(true);
    await this.#life;
    await this.#speaking;
    await this.broker[Symbol.asyncDispose]();
  }

  async #live(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stop.signal.aborted) {
      if (this.#fault !== 'reboot' && clock.mono() >= this.#bootedMs) await this.#visit();
      await clock.wait(retryMs, this.#stop.signal).catch(() => undefined);
    }
  }

  /** One connection, from the sign-in to its end. */
  async #visit(): Promise<void> {
    const { username, password } = this.#options;
    const { topic, payload, retain = false } = this.model.will;
    try {
      this.#client = await connectAsync({
        ...this.address,
        username,
        password: this.#fault === 'wrong-password' ? 'another' : password,
        clientId: `DVES_${username}`,
        will: { topic, payload: Buffer.from(payload), qos: 1, retain },
        reconnectPeriod: 0,
        connectTimeout: 2_000,
      });
    } catch (thrown) {
      const code = Object(thrown).code;
      if (code === 4 || code === 5) this.#refusals++;
      return;
    }
    const client = this.#client;
    this.#isOver = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.on('error', () => {});
    client.on('message', (from, sent) => this.#enqueue(() => this.#hear(from, String(sent))));
    if (this.#stop.signal.aborted) client.end(true);
    try {
      for (const filter of this.model.subscribe)
        await Promise.race([client.subscribeAsync(filter).catch(() => undefined), this.#isOver]);
      await this.#say(this.model.greet(), true);
    } catch {
      // It lost the line again; that is told by `#isOver`.
    }
    await this.#isOver;
  }

  #hear(topic: string, payload: string): readonly Message[] {
    if (this.#fault === 'silence') return [];
    if (this.#fault === 'hang-up') {
      this.#client?.stream.destroy();
      return [];
    }
    return this.model.obey(topic, payload);
  }

  #enqueue(work: () => readonly Message[]): void {
    this.#speaking = this.#speaking.then(async () => {
      const messages = work();
      if (this.#fault === 'slow' && messages.length > 0)
        await this.#options.clock.wait(slowMs, this.#stop.signal).catch(() => undefined);
      await this.#say(messages).catch(() => undefined);
    });
  }

  async #say(messages: readonly Message[], isGreeting = false): Promise<void> {
    for (const { topic, payload, retain = false } of messages) {
      const client = this.#client;
      if (!client?.connected) return;
      const spoken = isGreeting && !this.#options.isUnasked ? payload : this.#spoilt(payload);
      // The library does not end what is under way when the line is lost.
      await Promise.race([client.publishAsync(topic, spoken, { qos: 1, retain }), this.#isOver]);
    }
  }

  #spoilt(payload: string): string | Buffer {
    if (this.#fault === 'garbage') return noise;
    return this.#fault === 'half-frame' ? payload.slice(0, Math.ceil(payload.length / 2)) : payload;
  }

  #restart(): void {
    this.#bootedMs = this.#options.clock.mono() + bootMs;
    this.#client?.stream.destroy();
  }
}
