import { matchesTopic } from './topic-filter.ts';

/** What a client of the broker told about a device, on a topic where devices announce themselves. */
export interface Announcement {
  /** Address of the client that said it. */
  readonly host: string;
  readonly username: string;
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** Of all clients, and of one address: whoever says more displaces what itself said longest ago. */
const maxMessages = 1_000;
const maxPerHost = 300;
const maxBytes = 4 * 1024 * 1024;
const maxBytesPerHost = 1024 * 1024;
const maxTopicLength = 400;

/**
 * The last message on each topic where devices announce themselves, whoever said it and whether its grant covers it: no more
 * than a hint. An empty message takes the one before away, as a retained one is removed (MQTT 3.1.1, 3.3.1.3).
 */
export class Announcements {
  readonly #filters: readonly string[];
  readonly #heard = new Map<string, Announcement>();
  #revision = 0;

  constructor(filters: readonly string[]) {
    this.#filters = filters;
  }

  /** Counts changes. */
  get revision(): number {
    return this.#revision;
  }

  /** Oldest first. */
  all(): readonly Announcement[] {
    return [...this.#heard.values()];
  }

  /** False for a topic where nobody announces. */
  hear(announcement: Announcement): boolean {
    const { host, topic, payload } = announcement;
    if (topic.length > maxTopicLength || !this.#filters.some((filter) => matchesTopic(filter, topic))) return false;
    const key = `${host} ${topic}`;
    const before = this.#heard.get(key);
    if (before && Buffer.compare(before.payload, payload) === 0) return true;
    if (!before && payload.length === 0) return true;
    this.#revision++;
    this.#heard.delete(key);
    // A message larger than all that one may have is as if it had not been sent.
    if (payload.length === 0 || payload.length > maxBytesPerHost) return true;
    this.#heard.set(key, { ...announcement, payload: Uint8Array.from(payload) });
    this.#trim((one) => one.host === host, maxPerHost, maxBytesPerHost);
    this.#trim(() => true, maxMessages, maxBytes);
    return true;
  }

  #trim(belongs: (one: Announcement) => boolean, most: number, mostBytes: number): void {
    const own = [...this.#heard].filter(([, one]) => belongs(one));
    let bytes = own.reduce((sum, [, { payload }]) => sum + payload.length, 0);
    let count = own.length;
    for (const [key, { payload }] of own) {
      if (count <= most && bytes <= mostBytes) break;
      this.#heard.delete(key);
      bytes -= payload.length;
      count--;
    }
  }
}
