import { ProtocolError } from '../../../protocols/bytes/error.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { BrokerSeat } from '../driver.ts';
import type { Dialect } from './dialect.ts';
import { type DeviceView, emptyView, mergeView, type Readings } from './view.ts';

export interface ListenerOptions {
  readonly seat: BrokerSeat;
  readonly dialect: Dialect;
  readonly clock: Clock;
  /** Called after each message that changed what is known. */
  readonly onChange: (before: DeviceView, after: DeviceView) => void;
}

/** How often a wait looks at what has no message of its own, such as a lost connection. */
const stepMs = 250;
const messagesPerTurn = 50;

/** Reads all that one device says, from the first message to the end, and keeps what is known of it. */
export class Listener implements AsyncDisposable {
  readonly #options: ListenerOptions;
  readonly #stop = new AbortController();
  readonly #answers = new Set<string>();
  #reading: Promise<void> | undefined;
  #view = emptyView;
  #fresh: Readings = {};
  #heardMs: number;
  #spoken = 0;
  #messages = 0;
  #broken: ProtocolError | undefined;
  #failure: unknown;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#heardMs = options.clock.mono();
  }

  get view(): DeviceView {
    return this.#view;
  }

  /** When the device itself last spoke (monotonic). */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** How often the device itself has spoken. */
  get spoken(): number {
    return this.#spoken;
  }

  /** Messages that told something, retained ones too. */
  get messages(): number {
    return this.#messages;
  }

  /** What the last message broke, when it did. */
  get broken(): ProtocolError | undefined {
    return this.#broken;
  }

  start(): void {
    this.#reading ??= this.#read();
  }

  /** Readings that came since this was last asked. */
  takeReadings(): Readings {
    const fresh = this.#fresh;
    this.#fresh = {};
    return fresh;
  }

  /** Forgets which topics were heard, so that the next ones are answers. */
  expectAnswers(): void {
    this.#answers.clear();
    this.#broken = undefined;
  }

  hasAnswer(topic: string): boolean {
    return this.#answers.has(topic);
  }

  /** Waits until `isTrue`, at most `limitMs`; false when it did not come true. Throws what ended the reading. */
  async until(isTrue: () => boolean, limitMs: number, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const endsAt = clock.mono() + limitMs;
    for (;;) {
      signal.throwIfAborted();
      if (this.#failure) throw this.#failure;
      if (isTrue()) return true;
      if (clock.mono() >= endsAt) return false;
      await clock.wait(stepMs, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      for (let taken = 1; ; taken++) {
        const { topic, payload, isRetained } = await this.#options.seat.receive(this.#stop.signal);
        this.#take(topic, payload, isRetained);
        // What waits comes without a turn of the event loop: others of the agent must get theirs.
        if (taken % messagesPerTurn === 0) await this.#options.clock.wait(0, this.#stop.signal);
      }
    } catch (thrown) {
      if (!this.#stop.signal.aborted) this.#failure = thrown;
    }
  }

  #take(topic: string, payload: Uint8Array, isRetained: boolean): void {
    const { dialect, clock, onChange } = this.#options;
    const before = this.#view;
    try {
      const told = dialect.read(before, topic, payload);
      if (!told) return;
      this.#view = mergeView(before, told.update);
      this.#fresh = { ...this.#fresh, ...told.update.readings };
      this.#messages++;
      if (!isRetained) this.#answers.add(topic);
      if (told.isSignOfLife && !isRetained) {
        this.#heardMs = clock.mono();
        this.#spoken++;
        this.#broken = undefined;
      }
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError)) throw thrown;
      this.#broken = thrown;
      return;
    }
    onChange(before, this.#view);
  }
}
