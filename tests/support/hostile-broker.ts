import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AdmitOptions, BrokerGrant, BrokerMessage, BrokerPort, BrokerSeat } from '../../agent/platform/broker.ts';
import { SeatQueue } from '../../agent/platform/mqtt/seat-queue.ts';
import { matchesTopic } from '../../agent/platform/mqtt/topic-filter.ts';
import { RecoverableError } from '../../protocols/errors.ts';
import type { Message, Model } from '../simulators/generic-mqtt/model.ts';
import type { LeapingClock } from './hostile-clock.ts';
import { mutate, noise } from './hostile-mutation.ts';
import type { Random } from './hostile-random.ts';

export interface OddBrokerOptions {
  readonly clock: LeapingClock;
  readonly random: Random;
  readonly isHostile: () => boolean;
  /** Devices by their user names. */
  readonly models: ReadonlyMap<string, Model>;
}

/** The agent's broker without sockets, at which devices say what they like; only what a grant forbids does not come through. */
export interface OddBroker {
  readonly port: BrokerPort;
  /** The devices do something by themselves; once they tell the truth, they greet anew. */
  stir(): void;
  readonly lies: () => number;
}

const limits = { seatMessages: 1_000, seatBytes: 4 * 2 ** 20 };
const maxSeen = 50;

export function createOddBroker({ clock, random, isHostile, models }: OddBrokerOptions): OddBroker {
  const seats = new Set<OddSeat>();
  let lies = 0;
  const ports: SeatPorts = { clock, random, isHostile, note: () => lies++ };
  return {
    port: {
      admit: async (grant, _options?: AdmitOptions) => {
        const model = models.get(grant.username);
        if (!model) throw new Error(`no device ${grant.username}`);
        const seat = new OddSeat(grant, model, ports, () => seats.delete(seat));
        seats.add(seat);
        return seat;
      },
    },
    stir: () => {
      for (const seat of seats) seat.stir();
    },
    lies: () => lies,
  };
}

interface SeatPorts extends Pick<OddBrokerOptions, 'clock' | 'random' | 'isHostile'> {
  readonly note: () => void;
}

class OddSeat implements BrokerSeat {
  readonly #grant: BrokerGrant;
  readonly #model: Model;
  readonly #ports: SeatPorts;
  readonly #queue: SeatQueue;
  readonly #leave: () => void;
  readonly #seen: Buffer[] = [];
  #awayUntilMs = 0;
  #refused = 0;

  constructor(grant: BrokerGrant, model: Model, ports: SeatPorts, leave: () => void) {
    this.#grant = grant;
    this.#model = model;
    this.#ports = ports;
    this.#leave = leave;
    this.#queue = new SeatQueue(limits, this.#messages(model.greet(), true));
  }

  get isConnected(): boolean {
    return !this.#ports.isHostile() || this.#ports.clock.mono() >= this.#awayUntilMs;
  }

  get refused(): number {
    return this.#refused;
  }

  get dropped(): number {
    return this.#queue.dropped;
  }

  addressFor = async () => ({ host: '127.0.0.1', port: 1_883 });

  async receive(signal?: AbortSignal): Promise<BrokerMessage> {
    const message = await this.#queue.next(signal);
    this.#ports.clock.touch();
    return message;
  }

  async publish(topic: string, payload: Uint8Array | string): Promise<void> {
    const { random, isHostile, clock } = this.#ports;
    if (!this.isConnected) throw new RecoverableError('not-connected', 'the device is away');
    clock.touch();
    await nextTurn();
    if (isHostile() && random.chance(0.1)) {
      this.#ports.note();
      if (random.chance(0.3)) this.#leaveForAWhile();
      return;
    }
    this.#say(this.#model.obey(topic, String(payload)));
  }

  stir(): void {
    const { random, isHostile } = this.#ports;
    if (!isHostile()) {
      this.#say([...this.#model.greet(), ...this.#model.speak()]);
      return;
    }
    if (random.chance(0.2)) this.#leaveForAWhile();
    if (random.chance(0.1)) this.#say([this.#model.will]);
    if (random.chance(0.05)) this.#say(Array.from({ length: 600 }, () => this.#model.speak()).flat());
    if (this.isConnected) this.#say([...this.#model.press(), ...(random.chance(0.3) ? this.#model.greet() : [])]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave();
    this.#queue.end();
  }

  #leaveForAWhile(): void {
    const { clock, random } = this.#ports;
    this.#ports.note();
    this.#awayUntilMs = clock.mono() + 1_000 * random.below(1_200);
    if (random.chance(0.2)) this.#refused++;
  }

  #say(messages: readonly Message[]): void {
    for (const message of this.#messages(messages, false)) this.#queue.push(message);
    this.#ports.clock.touch();
  }

  #messages(messages: readonly Message[], isRetained: boolean): BrokerMessage[] {
    const topics = messages.map(({ topic }) => topic);
    return messages.flatMap(({ topic, payload, retain = false }): BrokerMessage[] => {
      if (isRetained && !retain) return [];
      const told = this.#twist(topic, Buffer.from(payload), topics);
      const isGranted = this.#grant.publish.some((filter) => matchesTopic(filter, told.topic));
      return isGranted ? [{ ...told, isRetained }] : [];
    });
  }

  #twist(topic: string, payload: Buffer, topics: readonly string[]): { topic: string; payload: Uint8Array } {
    const { random, isHostile } = this.#ports;
    if (!isHostile() || random.chance(0.6)) {
      if (this.#seen.length < maxSeen) this.#seen.push(payload);
      return { topic, payload };
    }
    this.#ports.note();
    // A true message under the topic of another one.
    if (random.chance(0.2)) return { topic: random.pick(topics), payload };
    if (random.chance(0.05)) return { topic, payload: noise(random, random.below(200_000)) };
    return { topic, payload: mutate(payload, random, this.#seen).bytes.subarray(0, 250_000) };
  }
}
