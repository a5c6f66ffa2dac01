import { type LiveEvent, liveEventSchema } from '../../../../protocols/api/live.ts';
import { firstLink, type Link, nextLink, retryDelayMs } from '../state/connection.ts';
import { liveAddress } from './api.ts';

/** A page in the background gives its connection back after this long: a browser grants only six of them to one host. */
const restAfterMs = 30_000;
/** An answered request is a reason to try again at once, but not in a tight circle. */
const shortestPauseMs = 5_000;
const eventTypes = liveEventSchema.options.map((option) => option.shape.type.value);

interface LiveListener {
  readonly event: (event: LiveEvent) => void;
  readonly link: (link: Link) => void;
  /** The stream is open again after a break: whatever happened meanwhile was missed. */
  readonly resumed: () => void;
  /** An attempt failed; the session may have ended. */
  readonly failed: () => void;
}

/** The one stream of live events of this page: opens it, opens it again after a break, and rests while nobody looks. */
export class LiveStream {
  readonly #listener: LiveListener;
  readonly #samples = new Set<(event: LiveEvent) => void>();
  #link: Link = firstLink;
  #source: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #device: string | undefined;
  #running = false;
  #missed = false;
  #openedAt = 0;

  constructor(listener: LiveListener) {
    this.#listener = listener;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#open();
  }

  stop(): void {
    this.#running = false;
    document.removeEventListener('visibilitychange', this.#onVisibility);
    this.#close();
    clearTimeout(this.#rest);
  }

  /** Adds one device's samples and states to the stream, or takes them off again. */
  watch(device: string | undefined): void {
    if (this.#device === device) return;
    this.#device = device;
    if (this.#running) this.#open();
  }

  /** Hears every event, in order; the function that is returned ends it. */
  listen(listener: (event: LiveEvent) => void): () => void {
    this.#samples.add(listener);
    return () => this.#samples.delete(listener);
  }

  /** A request of the page went without an answer: the stream may be dead without knowing it. */
  doubt(at: number): void {
    if (!this.#running || this.#link.status !== 'live') return;
    this.#fail('unanswered', at);
  }

  /** Tries at once instead of waiting for the next attempt, at most every 5 s. */
  retryNow(): void {
    if (!this.#running || this.#link.status === 'live') return;
    if (Date.now() - this.#openedAt > shortestPauseMs) this.#open();
  }

  #open(): void {
    clearTimeout(this.#retry);
    this.#openedAt = Date.now();
    const before = this.#source;
    const source = new EventSource(liveAddress(this.#device));
    this.#source = source;
    // The stream before stays until this one is open, so that nothing falls between the two.
    source.onopen = () => {
      before?.close();
      if (this.#source === source) this.#opened();
    };
    source.onerror = () => {
      before?.close();
      if (this.#source === source) this.#fail('failed', Date.now());
    };
    source.onmessage = (message) => this.#take(message);
    for (const type of eventTypes) source.addEventListener(type, (message) => this.#take(message));
  }

  #opened(): void {
    const missed = this.#missed;
    this.#missed = false;
    this.#setLink(nextLink(this.#link, { type: 'opened', at: Date.now() }));
    if (missed) this.#listener.resumed();
  }

  #fail(type: 'failed' | 'unanswered', at: number): void {
    this.#close();
    this.#missed = true;
    this.#setLink(nextLink(this.#link, { type, at }));
    this.#retry = setTimeout(() => this.#open(), retryDelayMs(this.#link.attempts, Math.random()));
    if (type === 'failed') this.#listener.failed();
  }

  #take(message: MessageEvent<unknown>): void {
    const event = readEvent(message.data);
    if (!event) return;
    this.#listener.event(event);
    for (const tell of this.#samples) tell(event);
  }

  #setLink(link: Link): void {
    this.#link = link;
    this.#listener.link(link);
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = undefined;
  }

  readonly #onVisibility = (): void => {
    clearTimeout(this.#rest);
    if (document.visibilityState === 'hidden') {
      this.#rest = setTimeout(() => {
        this.#close();
        this.#missed = true;
      }, restAfterMs);
      return;
    }
    if (!this.#source) this.#open();
  };
}

/** An event of the stream; undefined for what this version does not know. */
function readEvent(data: unknown): LiveEvent | undefined {
  if (typeof data !== 'string') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    // A torn line is no event; the next one stands on its own.
    return undefined;
  }
  const event = liveEventSchema.safeParse(value);
  return event.success ? event.data : undefined;
}
