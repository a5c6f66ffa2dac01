import type { Clock } from '../../../protocols/ports.ts';
import type { ReaderConnection } from './reader-connection.ts';
import { setOutput } from './reader-setup.ts';
import type { Settings } from './settings.ts';

export interface SirenOptions {
  readonly output: NonNullable<Settings['output']>;
  readonly reader: ReaderConnection;
  readonly clock: Clock;
  /** It went on or off. */
  readonly onChange: () => void;
  /** It does not do what it is told. */
  readonly onFailure: (failure: unknown) => void;
}

/** The longest that switching off at the end of a session may take. */
const farewellMs = 2_000;

/** The output with siren or lamp. Alarms that overlap make one longer sound; it is always switched off again. */
export class Siren implements AsyncDisposable {
  readonly #options: SirenOptions;
  readonly #stop = new AbortController();
  #ringing: Promise<void> | undefined;
  #quiet = new AbortController();
  #endsAtMs = 0;
  #isOn = false;

  constructor(options: SirenOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Sounds for its seconds from now on. Returns at once; a failure goes to `onFailure`. */
  sound(): void {
    this.ring().catch((thrown: unknown) => {
      // Without the reader nobody can tell; it is switched off first of all when the reader is back.
      const isToldApart = this.#options.reader.failure === undefined;
      if (isToldApart && !this.#stop.signal.aborted) this.#options.onFailure(thrown);
    });
  }

  /** Sounds, and ends when it is quiet again. Throws DeviceError when the output is not what it was set to. */
  async ring(): Promise<void> {
    const { clock, output } = this.#options;
    this.#endsAtMs = clock.mono() + output.seconds * 1_000;
    this.#ringing ??= this.#ring();
    await this.#ringing;
  }

  /** Ends the sound of the moment, and makes sure of it. Throws DeviceError. */
  async silence(signal: AbortSignal): Promise<void> {
    const { reader, output } = this.#options;
    this.#endsAtMs = 0;
    this.#quiet.abort();
    await this.#ringing?.catch(() => undefined);
    await setOutput(reader, output, false, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#quiet.abort();
    await this.#ringing?.catch(() => undefined);
  }

  async #ring(): Promise<void> {
    try {
      // An alarm may come while the one before is switched off.
      do await this.#ringOnce();
      while (this.#rest() > 0 && !this.#stop.signal.aborted);
    } finally {
      this.#ringing = undefined;
    }
  }

  async #ringOnce(): Promise<void> {
    const { reader, output } = this.#options;
    try {
      await setOutput(reader, output, true, this.#stop.signal);
      this.#change(true);
      await this.#waitForEnd();
    } finally {
      await this.#switchOff();
      this.#change(false);
    }
  }

  /** The end moves while it sounds, when another alarm comes. */
  async #waitForEnd(): Promise<void> {
    const { clock } = this.#options;
    for (let restMs = this.#rest(); restMs > 0; restMs = this.#rest()) {
      if (this.#stop.signal.aborted) return;
      this.#quiet = new AbortController();
      await clock.wait(restMs, this.#quiet.signal).catch(() => undefined);
    }
  }

  #rest(): number {
    return this.#endsAtMs - this.#options.clock.mono();
  }

  async #switchOff(): Promise<void> {
    const { reader, output, clock } = this.#options;
    if (reader.failure !== undefined) return;
    using deadline = clock.deadline(farewellMs);
    await setOutput(reader, output, false, deadline.signal);
  }

  #change(isOn: boolean): void {
    if (this.#isOn === isOn) return;
    this.#isOn = isOn;
    if (!this.#stop.signal.aborted) this.#options.onChange();
  }
}
