import { Client, type ClientConfig } from 'pg';
import { FatalError, toError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Listener } from './store.ts';

/** Where notifications arrive. */
export interface Notifications extends AsyncDisposable {
  listen(channel: string, listener: Listener): Promise<AsyncDisposable>;
}

/** Channel names become SQL identifiers. Throws FatalError `bad-channel`. */
function checkChannel(channel: string): void {
  if (!/^[a-z][a-z_]{0,40}$/.test(channel)) throw new FatalError('bad-channel', `${channel} is no channel name`);
}

/** Listeners by channel. */
class Listeners {
  readonly #byChannel = new Map<string, Set<Listener>>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  get channels(): readonly string[] {
    return [...this.#byChannel.keys()];
  }

  add(channel: string, listener: Listener): void {
    const set = this.#byChannel.get(channel) ?? new Set();
    this.#byChannel.set(channel, set.add(listener));
  }

  /** True when it was the last of its channel. */
  remove(channel: string, listener: Listener): boolean {
    const set = this.#byChannel.get(channel);
    set?.delete(listener);
    if (set?.size !== 0) return false;
    return this.#byChannel.delete(channel);
  }

  hear(channel: string, payload: string): void {
    for (const listener of this.#byChannel.get(channel) ?? []) this.#call(() => listener.heard(payload));
  }

  miss(): void {
    for (const set of this.#byChannel.values()) for (const listener of set) this.#call(() => listener.missed?.());
  }

  #call(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.#log.error('notification listener failed', { error: toError(thrown) });
    }
  }
}

/** Within one process: the embedded database has no other hub. */
export function createLocalNotifications(log: Log): Notifications & { notify(channel: string, payload: string): void } {
  const listeners = new Listeners(log);
  return {
    notify: (channel, payload) => {
      checkChannel(channel);
      listeners.hear(channel, payload);
    },
    listen: async (channel, listener) => {
      checkChannel(channel);
      listeners.add(channel, listener);
      return { [Symbol.asyncDispose]: async () => void listeners.remove(channel, listener) };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** PostgreSQL's LISTEN on a connection of its own, made again whenever it breaks. */
export function createPostgresNotifications(config: ClientConfig, clock: Clock, log: Log): Notifications {
  const listeners = new Listeners(log);
  const stop = new AbortController();
  let client: Client | undefined;
  let starting: Promise<void> | undefined;
  let kept: Promise<void> | undefined;

  const connect = async (): Promise<Connection> => {
    const next = new Client(config);
    const ended = new Promise<void>((resolve) => {
      next.on('error', () => resolve());
      next.on('end', () => resolve());
    });
    next.on('notification', ({ channel, payload }) => listeners.hear(channel, payload ?? ''));
    await next.connect();
    for (const channel of listeners.channels) await next.query(`listen ${channel}`);
    client = next;
    return { ended };
  };
  /** Tries until it stands again; undefined after the stop. */
  const reconnect = async (): Promise<Connection | undefined> => {
    for (let attempt = 0; !stop.signal.aborted; attempt++) {
      try {
        await clock.wait(Math.min(500 * 2 ** attempt, 10_000), stop.signal);
        const connection = await connect();
        listeners.miss();
        return connection;
      } catch (thrown) {
        if (!stop.signal.aborted) log.warn('notification connection is away', { error: toError(thrown) });
      }
    }
    return undefined;
  };
  const keep = async (first: Connection) => {
    for (let connection: Connection | undefined = first; connection; connection = await reconnect()) {
      await connection.ended;
      client = undefined;
    }
  };
  const start = async () => {
    const connection = await connect();
    kept = keep(connection);
  };

  return {
    listen: async (channel, listener) => {
      checkChannel(channel);
      listeners.add(channel, listener);
      starting ??= start();
      await starting;
      await client?.query(`listen ${channel}`);
      return {
        [Symbol.asyncDispose]: async () => {
          if (listeners.remove(channel, listener)) await client?.query(`unlisten ${channel}`).catch(() => {});
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await client?.end().catch(() => {});
      await kept;
    },
  };
}

interface Connection {
  /** Resolves when it is gone. */
  readonly ended: Promise<void>;
}
