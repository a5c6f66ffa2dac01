import { backoffMs } from '../../agent/runtime/backoff.ts';

/** What reaches the hub, in simulated milliseconds: a message, or a session that began or ended. */
export interface Arrival {
  readonly atMs: number;
  readonly kind: 'beat' | 'frame' | 'ping' | 'hello' | 'connected' | 'closed';
}

/** How the line behaves. */
export interface Line {
  /** Share of packets that the proxy drops, each way. */
  readonly loss: number;
  /** Connections broken per agent and day; the agent notices at once. */
  readonly resets: number;
  /** Lines per agent and day that go dead without a word: the agent notices when nobody answers it. */
  readonly deadLines: number;
  /** Whole messages and answers are dropped and never sent again: a line without TCP. */
  readonly forgets?: boolean;
}

/** The agent of `agent/uplink`: heartbeats (QoS 0), frames of samples and state (QoS 1), and its ways to come back. */
const beatMs = 30_000;
const frameMs = 60_000;
/** After so long without any answer, though it asks again and again, it makes a new connection. */
const pingMs = 15_000;
const deadAfterMs = 35_000;
const agentTickMs = 5_000;
const connectTimeoutMs = 10_000;
const returnSpreadMs = 15_000;
const dayMs = 86_400_000;

/** One way through the city, and how TCP waits before it sends a lost packet again. */
const wayMs = 30;
const firstRetryMs = 300;
const mostRetryMs = 60_000;
/** Round trips of TCP, TLS 1.3, CONNECT and SUBSCRIBE before the hello. */
const handshakeTrips = 4;

/** One agent on its line, minute by minute: everything that the hub hears of it. */
export class LineAgent {
  readonly #line: Line;
  readonly #random: () => number;
  #nextBeatMs = 0;
  #nextFrameMs = 0;
  #lastArrivalMs = 0;
  #upFromMs: number;
  #breaksAtMs = Number.POSITIVE_INFINITY;
  #diesAtMs = Number.POSITIVE_INFINITY;
  #answeredMs = Number.POSITIVE_INFINITY;
  #nextPingMs = Number.POSITIVE_INFINITY;
  #failures = 0;
  /** From here on nothing passes, until the cable is back. */
  cutFromMs = Number.POSITIVE_INFINITY;
  cutUntilMs = Number.POSITIVE_INFINITY;
  resets = 0;

  constructor(line: Line, random: () => number) {
    this.#line = line;
    this.#random = random;
    this.#upFromMs = random() * returnSpreadMs;
    this.#nextBeatMs = Number.POSITIVE_INFINITY;
  }

  /** What reaches the hub until `untilMs`, in order of time. */
  until(untilMs: number): Arrival[] {
    const arrivals: Arrival[] = [];
    for (let next = this.#nextMs(); next <= untilMs; next = this.#nextMs()) this.#act(next, arrivals);
    return arrivals.sort((a, b) => a.atMs - b.atMs);
  }

  #nextMs(): number {
    const own = Math.min(this.#nextBeatMs, this.#nextFrameMs, this.#nextPingMs);
    return Math.min(own, this.#upFromMs, this.#breaksAtMs, this.#noticesAtMs());
  }

  #act(nowMs: number, arrivals: Arrival[]): void {
    if (nowMs === this.#upFromMs) this.#connect(nowMs, arrivals);
    else if (nowMs === this.#breaksAtMs) {
      arrivals.push({ atMs: nowMs + wayMs, kind: 'closed' });
      this.#close(nowMs);
    } else if (nowMs === this.#noticesAtMs()) this.#close(nowMs);
    else if (nowMs === this.#nextBeatMs) {
      this.#nextBeatMs += beatMs;
      this.#send('beat', nowMs, arrivals);
    } else if (nowMs === this.#nextPingMs) {
      this.#nextPingMs += pingMs;
      this.#send('ping', nowMs, arrivals);
    } else {
      this.#nextFrameMs += frameMs;
      this.#send('frame', nowMs, arrivals);
    }
  }

  /** When it gives the line up: it asks every 15 s, and any answer will do. */
  #noticesAtMs(): number {
    return this.#answeredMs + deadAfterMs;
  }

  #connect(nowMs: number, arrivals: Arrival[]): void {
    this.#upFromMs = Number.POSITIVE_INFINITY;
    let atMs = nowMs;
    for (let trip = 0; trip < handshakeTrips; trip++) atMs += this.#tripMs() + this.#tripMs();
    if (this.#isCut(atMs) || this.#isCut(nowMs) || atMs - nowMs > connectTimeoutMs) {
      this.#failures++;
      this.#upFromMs = nowMs + connectTimeoutMs + backoffMs(this.#failures + 1, this.#random());
      return;
    }
    this.#failures = 0;
    this.#lastArrivalMs = atMs;
    this.#answeredMs = atMs;
    this.#nextPingMs = atMs + pingMs;
    arrivals.push({ atMs, kind: 'connected' }, { atMs: atMs + this.#tripMs(), kind: 'hello' });
    this.#nextBeatMs = atMs + agentTickMs;
    this.#nextFrameMs = atMs + this.#random() * frameMs;
    this.#breaksAtMs = atMs + this.#pauseMs(this.#line.resets);
    this.#diesAtMs = atMs + this.#pauseMs(this.#line.deadLines);
  }

  #close(nowMs: number): void {
    this.resets++;
    this.#answeredMs = Number.POSITIVE_INFINITY;
    this.#nextPingMs = Number.POSITIVE_INFINITY;
    this.#nextBeatMs = Number.POSITIVE_INFINITY;
    this.#nextFrameMs = Number.POSITIVE_INFINITY;
    this.#breaksAtMs = Number.POSITIVE_INFINITY;
    this.#diesAtMs = Number.POSITIVE_INFINITY;
    this.#upFromMs = nowMs + 1_000 + this.#random() * (returnSpreadMs - 1_000);
  }

  #send(kind: 'beat' | 'frame' | 'ping', nowMs: number, arrivals: Arrival[]): void {
    if (this.#isCut(nowMs) || nowMs >= this.#diesAtMs) return;
    if (this.#line.forgets && this.#random() < this.#line.loss) return;
    // TCP keeps the order: nothing overtakes what is sent again.
    const atMs = Math.max(this.#lastArrivalMs, nowMs + this.#tripMs());
    if (this.#isCut(atMs)) return;
    this.#lastArrivalMs = atMs;
    arrivals.push({ atMs, kind });
    // Heartbeats draw no answer; the others do, unless it is lost.
    const isAnswered = kind !== 'beat' && !(this.#line.forgets && this.#random() < this.#line.loss);
    if (isAnswered) this.#answeredMs = Math.max(this.#answeredMs, atMs + this.#tripMs());
  }

  #isCut(atMs: number): boolean {
    return atMs >= this.cutFromMs && atMs < this.cutUntilMs;
  }

  /** One way for one packet, with all its repetitions. */
  #tripMs(): number {
    let total = wayMs * (1 + this.#random() * 0.5);
    if (this.#line.forgets) return total;
    for (let waitMs = firstRetryMs; this.#random() < this.#line.loss; waitMs = Math.min(mostRetryMs, 2 * waitMs))
      total += waitMs;
    return total;
  }

  #pauseMs(perDay: number): number {
    return perDay === 0 ? Number.POSITIVE_INFINITY : (-Math.log(1 - this.#random()) * dayMs) / perDay;
  }
}

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
