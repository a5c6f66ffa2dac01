import type { LocalBrokerLimits } from './limits.ts';
import { matchesTopic } from './topic-filter.ts';

interface Kept {
  readonly payload: Uint8Array;
  readonly bytes: number;
}

/** What a message costs beside topic and payload, roughly. */
const overheadBytes = 100;

/**
 * The last retained message of each topic, apart for each user (MQTT 3.1.1, 3.3.1.3). Bounded in messages and bytes over all
 * users; beyond, the oldest message goes of the user who holds most, so that a flood displaces itself.
 */
export class RetainedMessages {
  readonly #limits: Pick<LocalBrokerLimits, 'retainedMessages' | 'retainedBytes'>;
  readonly #users = new Map<string, { readonly topics: Map<string, Kept>; bytes: number }>();
  #count = 0;
  #bytes = 0;
  #displaced = 0;

  constructor(limits: Pick<LocalBrokerLimits, 'retainedMessages' | 'retainedBytes'>) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Messages that went because of the bounds. */
  get displaced(): number {
    return this.#displaced;
  }

  /** Keeps the message in place of the one before; an empty payload only removes that (3.3.1.3). */
  set(user: string, topic: string, payload: Uint8Array): void {
    this.#remove(user, topic);
    if (payload.length === 0) return;
    const bytes = payload.length + topic.length * 2 + overheadBytes;
    const holder = this.#users.get(user) ?? { topics: new Map<string, Kept>(), bytes: 0 };
    this.#users.set(user, holder);
    holder.topics.set(topic, { payload, bytes });
    holder.bytes += bytes;
    this.#count++;
    this.#bytes += bytes;
    while (this.#count > this.#limits.retainedMessages) this.#displace(({ topics }) => topics.size);
    while (this.#bytes > this.#limits.retainedBytes) this.#displace((entry) => entry.bytes);
  }

  /** What a user has retained under any of `filters`, oldest first. */
  matching(user: string, filters: readonly string[]): { readonly topic: string; readonly payload: Uint8Array }[] {
    return [...(this.#users.get(user)?.topics ?? [])].flatMap(([topic, { payload }]) =>
      filters.some((filter) => matchesTopic(filter, topic)) ? [{ topic, payload }] : [],
    );
  }

  forget(user: string): void {
    for (const topic of [...(this.#users.get(user)?.topics.keys() ?? [])]) this.#remove(user, topic);
  }

  #displace(weightOf: (holder: { readonly topics: Map<string, Kept>; readonly bytes: number }) => number): void {
    const [most] = [...this.#users].sort(([, a], [, b]) => weightOf(b) - weightOf(a));
    const oldest = most?.[1].topics.keys().next().value;
    if (most === undefined || oldest === undefined) return;
    this.#remove(most[0], oldest);
    this.#displaced++;
  }

  #remove(user: string, topic: string): void {
    const holder = this.#users.get(user);
    const kept = holder?.topics.get(topic);
    if (!holder || !kept) return;
    holder.topics.delete(topic);
    holder.bytes -= kept.bytes;
    this.#count--;
    this.#bytes -= kept.bytes;
    if (holder.topics.size === 0) this.#users.delete(user);
  }
}
