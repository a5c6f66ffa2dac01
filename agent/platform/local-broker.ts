import type { Socket } from 'node:net';
import { FatalError, RecoverableError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { AdmitOptions, BrokerGrant, BrokerPort, BrokerSeat } from './broker.ts';
import { untilAborted } from './dial.ts';
import { localAddressTowards } from './local-address.ts';
import { type Announcement, Announcements } from './mqtt/announcements.ts';
import { Door } from './mqtt/door.ts';
import { type Aedes, createEngine } from './mqtt/engine.ts';
import { type Admission, GrantBook } from './mqtt/grant-book.ts';
import { Guests } from './mqtt/guests.ts';
import { defaultLimits, type LocalBrokerLimits } from './mqtt/limits.ts';
import { createRefusalLog } from './mqtt/refusal.ts';
import { RetainedMessages } from './mqtt/retained.ts';
import { SeatQueue } from './mqtt/seat-queue.ts';
import { isTopicName, matchesTopic } from './mqtt/topic-filter.ts';
import { createAddressFilter, type NetworkPolicy } from './network-policy.ts';

export interface LocalBrokerOptions {
  /** Address to listen on, such as `0.0.0.0`. */
  readonly host: string;
  /** 0 takes a free one, and keeps it. */
  readonly port: number;
  /** What devices are told to connect to; found by the route to each device unless given. */
  readonly advertisedHost?: string;
  /** Which addresses may connect at all. */
  readonly policy: NetworkPolicy;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<LocalBrokerLimits>;
  /** Topic filters on which clients announce devices; what is said there is kept for discovery, grant or not. */
  readonly announcementTopics?: readonly string[];
}

/** What clients have announced: hints, bounded, and never a state. */
export interface AnnouncementSource {
  /** Counts changes. */
  readonly revision: number;
  all(): readonly Announcement[];
}

interface LocalBrokerService extends BrokerPort, AsyncDisposable {
  readonly announcements: AnnouncementSource;
}

type Book = GrantBook<SeatQueue>;

/** What listens while somebody is admitted. */
interface House {
  readonly door: Door;
  readonly engine: Aedes;
  readonly guests: Guests;
}

/** A broker that admits nobody: the local configuration has none. */
export function createAbsentBroker(): LocalBrokerService {
  return {
    announcements: { revision: 0, all: () => [] },
    admit: async () => {
      throw new FatalError('broker-off', 'this agent has no local broker; its configuration does not allow one');
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/**
 * The agent's own MQTT 3.1.1 broker, in this process, without TLS. Clients speak to seats and seats to clients; no client
 * hears another. Disposing ends every seat and connection. Throws FatalError `invalid-policy`.
 */
export function createLocalBroker(options: LocalBrokerOptions): LocalBrokerService {
  return new LocalBroker(options);
}

class LocalBroker implements LocalBrokerService {
  readonly announcements: Announcements;
  readonly #options: LocalBrokerOptions;
  readonly #limits: LocalBrokerLimits;
  readonly #book: Book = new GrantBook();
  readonly #retained: RetainedMessages;
  readonly #believes: (ip: string) => boolean;
  readonly #stop = new AbortController();
  #house: Promise<House> | undefined;
  #closing: Promise<void> = Promise.resolve();
  #port: number;

  constructor(options: LocalBrokerOptions) {
    this.#options = options;
    this.announcements = new Announcements(options.announcementTopics ?? []);
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#retained = new RetainedMessages(this.#limits);
    this.#believes = createAddressFilter(options.policy).believes;
    this.#port = options.port;
  }

  async admit(grant: BrokerGrant, { holdUntil }: AdmitOptions = {}): Promise<BrokerSeat> {
    if (this.#stop.signal.aborted) throw new FatalError('broker-off', 'the local broker of this agent has stopped');
    this.#dropOutdated(grant);
    const retained = this.#retained.matching(grant.username, grant.publish);
    const queue = new SeatQueue(
      this.#limits,
      retained.map((message) => ({ ...message, isRetained: true })),
    );
    let admission: Admission<SeatQueue> | undefined;
    let opening: Promise<House> | undefined;
    try {
      admission = this.#book.add(grant, queue);
      this.#house ??= this.#closing.then(() => this.#open());
      opening = this.#house;
      const house = await opening;
      this.#stop.signal.throwIfAborted();
      this.#dropHeld(grant);
      return this.#seat(house, admission, queue, holdUntil);
    } catch (thrown) {
      // The next one who comes tries the port again.
      if (this.#house === opening && !(await isOpen(opening))) this.#house = undefined;
      if (admission) this.#book.remove(admission);
      if (this.#book.isEmpty) await this.#close();
      throw thrown;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new FatalError('broker-off', 'the local broker of this agent has stopped'));
    await this.#close();
  }

  async #open(): Promise<House> {
    const { clock, log, host } = this.#options;
    const tell = createRefusalLog(log, clock);
    const guests = new Guests({
      book: this.#book,
      retained: this.#retained,
      limits: this.#limits,
      clock,
      log,
      tell,
      known: (socket) => door.known(socket),
      announced: (announcement) => this.announcements.hear(announcement),
      signal: this.#stop.signal,
    });
    const engine = await createEngine(this.#limits, guests, log);
    guests.proveGuard(engine);
    const door = await Door.open({
      host,
      port: this.#port,
      limits: this.#limits,
      believes: this.#believes,
      accept: (socket: Socket) => guests.accept(engine, socket),
      refused: (address, reason) => tell('a connection to the local broker was refused', { address, reason }),
    }).catch(async (thrown: unknown) => {
      await closeEngine(engine);
      throw thrown;
    });
    this.#port = door.port;
    log.info('local broker listens', { host, port: door.port });
    return { door, engine, guests };
  }

  /** Stops listening; a later admission waits until the port is free. */
  #close(): Promise<void> {
    const house = this.#house;
    this.#house = undefined;
    const close = async () => {
      // One that could not be opened has told its own caller.
      const open = await house?.catch(() => undefined);
      if (!open) return;
      await closeEngine(open.engine);
      await open.door[Symbol.asyncDispose]();
      this.#options.log.info('local broker stopped listening', { port: this.#port });
    };
    this.#closing = Promise.all([this.#closing, close()]).then(() => undefined);
    return this.#closing;
  }

  #seat(
    { guests }: House,
    admission: Admission<SeatQueue>,
    queue: SeatQueue,
    holdUntil: AbortSignal | undefined,
  ): BrokerSeat {
    const { grant } = admission;
    const onStop = () => queue.end();
    const book = this.#book;
    const refusedBefore = book.refusals(grant.username);
    this.#stop.signal.addEventListener('abort', onStop, { once: true });
    return {
      addressFor: async (host) => ({ host: await this.#hostFor(host), port: this.#port }),
      get isConnected() {
        return guests.of(grant.username).length > 0;
      },
      get refused() {
        return book.refusals(grant.username) - refusedBefore;
      },
      get dropped() {
        return queue.dropped;
      },
      receive: (signal) => queue.next(signal),
      publish: async (topic, payload, signal) => {
        signal?.throwIfAborted();
        if (!isTopicName(topic) || !grant.subscribe.some((filter) => matchesTopic(filter, topic))) {
          throw new FatalError('topic-not-granted', `the grant of ${grant.username} has no topic ${topic} to send to`);
        }
        if (admission.seat !== queue) throw new RecoverableError('not-connected', 'the seat is given up');
        const sent = guests.send(grant.username, topic, Buffer.from(payload));
        await (signal ? untilAborted(sent, signal) : sent);
      },
      [Symbol.asyncDispose]: async () => {
        if (admission.seat !== queue) return;
        admission.seat = undefined;
        queue.end();
        this.#stop.signal.removeEventListener('abort', onStop);
        if (!holdUntil || holdUntil.aborted) await this.#release(admission);
        else this.#hold(admission, holdUntil);
      },
    };
  }

  /** Keeps the door open for a device whose driver will come again: its runner tries ever less often. */
  #hold(admission: Admission<SeatQueue>, until: AbortSignal): void {
    const { clock, log } = this.#options;
    const signal = AbortSignal.any([until, this.#stop.signal]);
    const hold = async () => {
      // An abort ends the hold just as the time does.
      await clock.wait(this.#limits.holdMs, signal).catch(() => undefined);
      await this.#release(admission);
    };
    hold().catch((error: unknown) => log.error('a grant could not be withdrawn', { error }));
  }

  /** What was held under another password gives way to the new one, with those who signed in by it. */
  #dropOutdated({ username, password }: BrokerGrant): void {
    const held = this.#book.admissions(username).filter(({ seat, grant }) => !seat && grant.password !== password);
    for (const admission of held) if (this.#book.remove(admission)) this.#cut(username);
  }

  /** What was held for the device that is admitted again. */
  #dropHeld({ username, publish, subscribe }: BrokerGrant): void {
    for (const admission of this.#book.admissions(username)) {
      const { grant, seat } = admission;
      const isSame = String(grant.publish) === String(publish) && String(grant.subscribe) === String(subscribe);
      if (!seat && isSame) this.#book.remove(admission);
    }
  }

  async #release(admission: Admission<SeatQueue>): Promise<void> {
    if (!this.#book.remove(admission)) return;
    this.#cut(admission.grant.username);
    if (this.#book.isEmpty) await this.#close();
  }

  #cut(username: string): void {
    this.#retained.forget(username);
    this.#house?.then(({ guests }) => guests.cut(username)).catch(() => undefined);
  }

  async #hostFor(device: string): Promise<string> {
    const { advertisedHost, host } = this.#options;
    if (advertisedHost) return advertisedHost;
    return host === '0.0.0.0' || host === '::' ? await localAddressTowards(device) : host;
  }
}

async function isOpen(house: Promise<House> | undefined): Promise<boolean> {
  return (
    house === undefined ||
    (await house.then(
      () => true,
      () => false,
    ))
  );
}

function closeEngine(engine: Aedes): Promise<void> {
  return new Promise((resolve) => engine.close(() => resolve()));
}
