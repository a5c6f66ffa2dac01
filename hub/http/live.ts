import { Readable } from 'node:stream';
import type { LiveEvent } from '../../protocols/api/live.ts';
import { FatalError } from '../../protocols/errors.ts';
import type { Clock } from '../../protocols/ports.ts';
import { inScope, type PlacedSupply, type Scope, seesDevice } from '../access/index.ts';
import type { Bus, BusEvent } from '../events/bus.ts';

/** Bounds of the streams: a reader that falls behind by `bufferBytes` is cut off and comes back to a fresh state. */
const limits = { streams: 500, perPerson: 12, bufferBytes: 256 * 1024 } as const;
const heartbeatMs = 15_000;
/** What a browser waits before it connects again. */
const retryMs = 3_000;

/** What one reader may hear. */
export interface LiveReader {
  readonly scope: Scope;
  readonly seesQuarantine: boolean;
  /** Whose bell is heard. */
  readonly person?: string;
  /** The device whose samples, states and events are wanted too. */
  readonly device: string | undefined;
  /** What decides about a device, for readers who see only some in a place. */
  readonly placeOf?: (device: string) => PlacedSupply | undefined;
}

export interface LiveClient {
  readonly personId: string;
  /** Asks again who this is and what they may hear; undefined ends the stream. */
  reader(): Promise<LiveReader | undefined>;
}

/** Whether this reader hears this event. Pure. */
export function hears(reader: LiveReader, { event, unitPath }: BusEvent): boolean {
  if (event.type === 'notifications-changed') return event.person === reader.person;
  if (event.type === 'quarantine-changed') return reader.seesQuarantine;
  // Without a place an event is for all only if it names nothing.
  if (unitPath === undefined) {
    const namesNothing = ['causes-changed', 'units-changed', 'hello'].includes(event.type);
    return namesNothing || reader.scope.paths.some((path) => /^\/\d+\/$/.test(path));
  }
  if (!inScope(reader.scope, unitPath) && !hearsOfDevice(reader, event)) return false;
  switch (event.type) {
    case 'device-samples':
    case 'device-state':
    case 'device-event':
    case 'command-changed':
      return event.device === reader.device;
    default:
      return true;
  }
}

/** A supplier hears of its own devices, and of nothing else in a place. */
function hearsOfDevice({ scope, placeOf }: LiveReader, event: LiveEvent): boolean {
  const device = 'device' in event && event.device !== undefined ? placeOf?.(event.device) : undefined;
  return device !== undefined && seesDevice(scope, device);
}

/** Every open stream of server-sent events. */
export class LiveStreams {
  readonly #bus: Pick<Bus, 'subscribe'>;
  readonly #clock: Clock;
  readonly #open = new Map<Readable, string>();

  constructor(bus: Pick<Bus, 'subscribe'>, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Opens a stream. Throws FatalError `too-many-streams`. */
  async open(client: LiveClient): Promise<Readable> {
    let reader = await client.reader();
    if (!reader) throw new FatalError('unauthenticated', 'Sign in, or send a token as Authorization: Bearer.');
    const mine = [...this.#open.values()].filter((id) => id === client.personId).length;
    if (this.#open.size >= limits.streams || mine >= limits.perPerson)
      throw new FatalError('too-many-streams', 'Too many live connections are open; close a tab.');
    const stop = new AbortController();
    const stream = new Readable({ read: () => {}, highWaterMark: limits.bufferBytes });
    const push = (text: string) => {
      if (stream.readableEnded || stream.destroyed) return;
      if (stream.readableLength + text.length > limits.bufferBytes) stream.destroy();
      else stream.push(text);
    };
    const askAgain = async () => {
      reader = await client.reader();
      if (!reader) stream.push(null);
    };
    const subscription = this.#bus.subscribe((event) => {
      if (reader && hears(reader, event)) push(format(event.event));
      // What is in whose part of the organisation may be otherwise now.
      if (event.event.type === 'units-changed') askAgain().catch(() => stream.destroy());
    });
    this.#open.set(stream, client.personId);
    stream.once('close', () => {
      this.#open.delete(stream);
      subscription[Symbol.dispose]();
      stop.abort(new Error('closed'));
    });
    push(`retry: ${retryMs}\n\n`);
    push(format({ type: 'hello', at: new Date(this.#clock.now()).toISOString() }));
    this.#beat(stop.signal, async () => {
      await askAgain();
      if (reader) push(': \n\n');
    }).catch(() => stream.destroy());
    return stream;
  }

  /** Ends every stream, so that the server can close. */
  endAll(): void {
    for (const stream of this.#open.keys()) stream.destroy();
  }

  /** A comment line keeps proxies from closing the connection; each time it is asked again who listens. */
  async #beat(signal: AbortSignal, beat: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.wait(heartbeatMs, signal);
      await beat();
    }
  }
}

function format(event: LiveEvent): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}
