import { ProtocolError } from '../../../protocols/bytes/error.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';
import { DeviceError, toDeviceError } from '../error.ts';
import type { Channel } from './channel.ts';
import type { PanelWire, Question, Readings, Topic } from './panel-wire.ts';

const maxAgeMs: Readonly<Record<Question['rank'], number>> = {
  power: 0,
  status: 0,
  wear: 300_000,
  facts: 3_600_000,
};
/** A question that the panel refused is asked again after this: a firmware update may have taught it. */
const refusedForMs = 6 * 3_600_000;

/**
 * Asks a panel what is due and remembers its answers. A refusal, or a value that makes no sense, leaves that value out
 * and fails no poll; only the question for power must succeed.
 */
export class Reader {
  readonly #wire: PanelWire;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #readings = new Map<Question, Partial<Readings>>();
  readonly #askedAt = new Map<Question, number>();
  readonly #refusedAt = new Map<Question, number>();

  constructor(wire: PanelWire, clock: Clock, log: Log) {
    this.#wire = wire;
    this.#clock = clock;
    this.#log = log;
  }

  /** Everything that is known now. What changes from minute to minute is forgotten while the panel does not say it. */
  get readings(): Partial<Readings> {
    return Object.assign({}, ...this.#readings.values());
  }

  /** Topics that the panel refused while it was on. */
  get refused(): ReadonlySet<Topic> {
    return new Set([...this.#refusedAt.keys()].flatMap(({ gives }) => gives));
  }

  /** The power state. Throws DeviceError: `unavailable` when the panel will not say. */
  async readPower(channel: Channel): Promise<Readings['power']> {
    const question = this.#wire.questions.find(({ rank }) => rank === 'power');
    if (!question) throw new DeviceError('unsupported', 'this wire has no question for power');
    try {
      const answer = await question.ask(channel);
      this.#readings.set(question, answer);
      if (answer.power !== undefined) return answer.power;
    } catch (thrown) {
      if (isRefusal(thrown))
        throw new DeviceError('unavailable', 'the board will not say its power state now', { cause: thrown });
      throw toDeviceError(thrown, 'read the power state');
    }
    throw new DeviceError('protocol', 'the board does not say its power state');
  }

  /** Asks everything else that is due. Throws DeviceError when the conversation fails. */
  async readRest(channel: Channel, power: Readings['power']): Promise<void> {
    const now = this.#clock.mono();
    for (const [question, at] of this.#refusedAt) if (now - at >= refusedForMs) this.#refusedAt.delete(question);
    for (const question of this.#wire.questions) {
      if (question.rank === 'power') continue;
      if (power === 'off' && !question.inStandby) {
        // A dark panel has no volume; its hours and its serial number stay true.
        if (question.rank === 'status') this.#readings.delete(question);
        continue;
      }
      if (this.#isDue(question, now)) await this.#read(channel, question, power);
    }
  }

  /** Reads one topic again, to see whether an order took effect; undefined when the panel does not say. Throws DeviceError. */
  async readTopic<T extends Topic>(channel: Channel, topic: T): Promise<Readings[T] | undefined> {
    const question = this.#wire.questions.find(({ gives }) => gives.includes(topic));
    if (!question) return undefined;
    await this.#read(channel, question, 'on');
    return this.#readings.get(question)?.[topic];
  }

  #isDue(question: Question, now: number): boolean {
    if (this.#refusedAt.has(question)) return false;
    const askedAt = this.#askedAt.get(question);
    return askedAt === undefined || now - askedAt >= maxAgeMs[question.rank];
  }

  async #read(channel: Channel, question: Question, power: Readings['power']): Promise<void> {
    try {
      this.#readings.set(question, await question.ask(channel));
      this.#askedAt.set(question, this.#clock.mono());
    } catch (thrown) {
      if (isRefusal(thrown)) {
        this.#readings.delete(question);
        // In standby a refusal may only mean "not now".
        if (power === 'on') this.#refusedAt.set(question, this.#clock.mono());
        return;
      }
      if (!(thrown instanceof ProtocolError)) throw thrown;
      this.#readings.delete(question);
      this.#askedAt.set(question, this.#clock.mono());
      this.#log.warn('board answers a value that makes no sense', { topics: question.gives, error: thrown });
    }
  }
}

function isRefusal(thrown: unknown): boolean {
  return thrown instanceof DeviceError && thrown.code === 'unsupported';
}
