import type { Address } from '../../agent/platform/network.ts';
import type { LeapingClock } from './hostile-clock.ts';
import { mutate } from './hostile-mutation.ts';
import type { Random } from './hostile-random.ts';

export interface HostileOptions {
  readonly clock: LeapingClock;
  readonly random: Random;
  /** The truth that is twisted; without it nothing true is ever said. */
  readonly truth?: { readonly tcp?: Address; readonly udp?: Address };
  readonly note: (what: string) => void;
}

/** The chance that a conversation is hostile changes with the hours: long sessions are as needed as broken ones. */
const moods = [0.02, 0.15, 0.4, 1] as const;
const moodMs = 10 * 60_000;
const keptTruths = 32;

/** What all conversations of one hostile device share. */
export class Malice {
  readonly clock: LeapingClock;
  readonly note: HostileOptions['note'];
  lies = 0;
  readonly seen: Buffer[] = [];
  readonly stop = new AbortController();
  readonly #random: Random;
  #isCalm = false;
  #conversations = 0;
  #kept = 0;

  constructor({ clock, random, note }: HostileOptions) {
    this.clock = clock;
    this.note = note;
    this.#random = random;
  }

  calm(): void {
    this.#isCalm = true;
  }

  /** Dice of the next conversation: they depend on its number alone, so that a seed replays. */
  dice(): Random {
    return this.#random.fork(`conversation ${this.#conversations++}`);
  }

  get isCalm(): boolean {
    return this.#isCalm;
  }

  /** A conversation that is still honest in another minute is taken anew. */
  get minute(): number {
    return Math.floor(this.clock.mono() / 60_000);
  }

  isHostile(random: Random): boolean {
    const mood = this.#random.fork(`mood ${Math.floor(this.clock.mono() / moodMs)}`).pick(moods);
    return !this.#isCalm && random.chance(mood);
  }

  keep(truth: Buffer): void {
    if (truth.length > 4_096) return;
    this.seen[this.#kept++ % keptTruths] = truth;
  }

  /** Lies about `body`, and tells the story of it. */
  lie(body: Buffer, random: Random): Buffer {
    const { name, bytes } = mutate(body, random, this.seen);
    this.lies++;
    this.note(`${name}: ${body.length} bytes became ${bytes.length}`);
    return bytes;
  }
}
