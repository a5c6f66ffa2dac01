import { isIP, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { RecoverableError } from '../../../protocols/errors.ts';
import type { Clock, Log, LogFields } from '../../../protocols/ports.ts';
import { guardPacketSize } from '../../../provisioning/platform/packet-guard.ts';
import { systemResolve } from '../dial.ts';
import type { Announcement } from './announcements.ts';
import type { Aedes, Client, EngineHandlers } from './engine.ts';
import type { GrantBook } from './grant-book.ts';
import type { LocalBrokerLimits } from './limits.ts';
import { PacketBudget } from './packet-budget.ts';
import { Refusal, toRefusal } from './refusal.ts';
import type { RetainedMessages } from './retained.ts';
import type { SeatQueue } from './seat-queue.ts';
import { isTopicFilter, isTopicName, matchesTopic } from './topic-filter.ts';

export interface GuestsOptions {
  readonly book: GrantBook<SeatQueue>;
  readonly retained: RetainedMessages;
  readonly limits: LocalBrokerLimits;
  readonly clock: Clock;
  readonly log: Log;
  readonly tell: (message: string, fields: LogFields) => void;
  /** The socket of this client is no stranger any more. */
  readonly known: (socket: object) => void;
  /** Takes what was said where devices announce themselves; false for any other topic. */
  readonly announced: (announcement: Announcement) => boolean;
  readonly signal: AbortSignal;
}

/** One client on one connection that has signed in. */
interface Guest {
  readonly username: string;
  readonly client: Client;
  readonly socket: Socket;
  /** What it subscribed to, with the quality of service that it gets. */
  readonly filters: Map<string, 0 | 1>;
  /** Whether it was told that it spoke outside its grant: some devices do it with every message. */
  hasStrayed: boolean;
  /** Messages that it may send at once, as of `tokensAtMs` (monotonic). */
  tokens: number;
  tokensAtMs: number;
  readonly gone: AbortController;
}

/** The clients of the local broker: who they are, what each may say and hear, and how fast. */
export class Guests implements EngineHandlers {
  readonly #options: GuestsOptions;
  readonly #sockets = new WeakMap<Client, Socket>();
  /** Also of those that have left: their will comes after them. */
  readonly #guestOf = new WeakMap<Client, Guest>();
  readonly #present = new Set<Guest>();
  readonly #packets: PacketBudget;

  constructor(options: GuestsOptions) {
    this.#options = options;
    this.#packets = new PacketBudget(options.clock, options.limits);
  }

  /** A library that cannot be bounded must end the start, not the first connection. Throws FatalError `broker-library`. */
  proveGuard(engine: Aedes): void {
    const probe = engine.handle(new PassThrough());
    this.#guard(probe);
    probe.close();
  }

  accept(engine: Aedes, socket: Socket): void {
    const client = engine.handle(socket);
    this.#sockets.set(client, socket);
    this.#guard(client);
  }

  of(username: string): readonly Guest[] {
    return [...this.#present].filter((guest) => guest.username === username);
  }

  /** Ends every connection of a user. */
  cut(username: string): void {
    for (const { client } of this.of(username)) client.close();
  }

  /** Sends to each client of a user that subscribes. Throws RecoverableError `not-connected`. */
  async send(username: string, topic: string, payload: Buffer): Promise<void> {
    const readers = this.of(username).flatMap((guest) => {
      const qualities = [...guest.filters].flatMap(([filter, qos]) => (matchesTopic(filter, topic) ? [qos] : []));
      return qualities.length > 0 && this.#isReading(guest) ? [{ guest, qos: qualities.includes(1) ? 1 : 0 }] : [];
    });
    if (readers.length === 0) {
      throw new RecoverableError('not-connected', `no client of ${username} at the local broker listens to ${topic}`);
    }
    await Promise.all(
      readers.map(
        ({ guest: { client }, qos }) =>
          new Promise<void>((resolve) => {
            const packet = {
              cmd: 'publish',
              topic,
              payload,
              qos: qos === 1 ? 1 : 0,
              retain: false,
              dup: false,
            } as const;
            client.publish(packet, () => resolve());
          }),
      ),
    );
  }

  async signIn(client: Client, username = '', password: Uint8Array = new Uint8Array()): Promise<string> {
    const { limits, clock, signal, log, known } = this.#options;
    const socket = this.#sockets.get(client);
    const address = socket?.remoteAddress ?? 'unknown';
    if (!socket) throw new Refusal('sign-in-refused', 'a client without a socket');
    if (!this.#options.book.verify(username, password)) {
      this.#options.book.noteRefusal(username);
      // A guess costs its time, and its place among the strangers.
      await clock.wait(limits.refusalMs, signal).catch(() => undefined);
      throw new Refusal('sign-in-refused', 'no device has this user name and password', 4);
    }
    if (!(await this.#mayComeFrom(username, address))) {
      this.#options.book.noteRefusal(username);
      throw new Refusal('sign-in-refused', `${username} may not sign in from ${address}`);
    }
    if (!this.#options.book.has(username)) throw new Refusal('grant-ended', `${username} is no longer admitted`);
    if (this.#present.size >= limits.clients || this.of(username).length >= limits.clientsPerUser) {
      throw new Refusal('no-place', 'too many clients at the local broker', 3);
    }
    const gone = new AbortController();
    const guest: Guest = {
      username,
      client,
      socket,
      filters: new Map(),
      hasStrayed: false,
      tokens: limits.burst,
      tokensAtMs: clock.mono(),
      gone,
    };
    this.#guestOf.set(client, guest);
    this.#present.add(guest);
    socket.once('close', () => {
      this.#present.delete(guest);
      gone.abort();
    });
    known(socket);
    log.info('device signed in at the local broker', { user: username, address });
    return username;
  }

  async publish(client: Client, topic: string, payload: Uint8Array, isRetained: boolean): Promise<void> {
    const guest = this.#guestOf.get(client);
    if (!guest) throw new Refusal('grant-ended', 'a publication without a sign-in');
    const { username } = guest;
    const host = plain(guest.socket.remoteAddress ?? 'unknown');
    const isAnnounced = isTopicName(topic) && this.#options.announced({ host, username, topic, payload });
    const admissions = isTopicName(topic) ? this.#options.book.publishers(username, topic) : [];
    if (admissions.length > 0) {
      if (isRetained) this.#options.retained.set(username, topic, payload);
      for (const { seat } of admissions) seat?.push({ topic, payload, isRetained: false });
    } else if (!isAnnounced && !guest.hasStrayed) {
      guest.hasStrayed = true;
      // Acknowledged and dropped (3.3.5.2): a device that is cut for it would only come back and say it again.
      this.#options.tell('a device publishes outside its grant; that is dropped', {
        user: username,
        topic: shown(topic),
      });
    }
    await this.#slowDown(guest);
  }

  subscribe(client: Client, filter: string, qos: number): boolean {
    const guest = this.#guestOf.get(client);
    if (!guest) return false;
    const hasPlace = guest.filters.has(filter) || guest.filters.size < this.#options.limits.filters;
    const isGranted = isTopicFilter(filter) && this.#options.book.maySubscribe(guest.username, filter);
    if (isGranted && hasPlace) guest.filters.set(filter, qos > 0 ? 1 : 0);
    else this.#options.tell('a device may not subscribe', { user: guest.username, filter: shown(filter) });
    return isGranted && hasPlace;
  }

  unsubscribed(client: Client, filters: readonly string[]): void {
    for (const filter of filters) this.#guestOf.get(client)?.filters.delete(filter);
  }

  mayReceive(client: Client, topic: string): boolean {
    const guest = this.#guestOf.get(client);
    return guest !== undefined && isTopicName(topic) && this.#options.book.mayReceive(guest.username, topic);
  }

  failed(client: Client, error: Error): void {
    const { code, message } = toRefusal(error);
    const address = this.#sockets.get(client)?.remoteAddress;
    const user = this.#guestOf.get(client)?.username;
    this.#options.tell('a connection to the local broker ended', { code, reason: shown(message), address, user });
  }

  #guard(client: Client): void {
    const { limits } = this.#options;
    const address = this.#sockets.get(client)?.remoteAddress ?? 'unknown';
    const tooMany = () => new Refusal('too-many-packets', 'it sends packets faster than any device needs to');
    guardPacketSize(
      client,
      () => (this.#guestOf.has(client) ? limits.packetBytes : limits.signInBytes),
      (message) => new Refusal('oversize-packet', message),
      () => (this.#packets.take(address) ? undefined : tooMany()),
    );
  }

  async #mayComeFrom(username: string, address: string): Promise<boolean> {
    for (const { grant } of this.#options.book.admissions(username)) {
      if (grant.from === undefined) return true;
      const known = isIP(grant.from) === 0 ? await systemResolve(grant.from).catch(() => []) : [grant.from];
      if (known.some((ip) => plain(ip) === plain(address))) return true;
    }
    return false;
  }

  /** Makes a client wait that sends faster than it may; the library reads nothing more of it meanwhile. */
  async #slowDown(guest: Guest): Promise<void> {
    const { clock, limits } = this.#options;
    const now = clock.mono();
    const earned = ((now - guest.tokensAtMs) / 1_000) * limits.messagesPerSecond;
    guest.tokens = Math.min(limits.burst, guest.tokens + earned) - 1;
    guest.tokensAtMs = now;
    if (guest.tokens >= 0) return;
    const delayMs = (-guest.tokens / limits.messagesPerSecond) * 1_000;
    // Its end ends the wait too.
    await clock.wait(delayMs, guest.gone.signal).catch(() => undefined);
  }

  /** False, and cut, when it has left too much unread. */
  #isReading({ socket, client, username }: Guest): boolean {
    if (socket.writableLength <= this.#options.limits.waitingBytes) return !client.closed;
    this.#options.tell('a device does not read what it subscribed to', { user: username });
    client.close();
    return false;
  }
}

/** An IPv4 address that travels as IPv6 (RFC 4291 2.5.5.2) is the same one. */
function plain(ip: string): string {
  return ip.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
}

/** Text from a wire, short enough for a log line. */
function shown(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
