import type { Problem } from '../../protocols/fleet/problem.ts';
import type { Address } from '../platform/network.ts';
import { sizeOf, type WireContent, type WireEvent, type WirePort } from '../probe/wire-event.ts';

export interface RecordedFrame {
  readonly atMs: number;
  readonly way: 'out' | 'in';
  readonly content: WireContent;
}

export interface RecordedConnection {
  readonly id: number;
  readonly port: WirePort;
  readonly target: Address | undefined;
  readonly isSecure: boolean;
  readonly startedAtMs: number;
  /** Whether it came up; an HTTP exchange or a call has no such moment of its own. */
  isOpened: boolean;
  failure: Problem | undefined;
  /** Who ended it. */
  end: 'peer' | 'us' | undefined;
  /** Oldest first. */
  readonly frames: RecordedFrame[];
  /** Frames that were given up because of the bounds, oldest first. */
  dropped: number;
}

export interface RecorderLimits {
  readonly connectionBytes: number;
  readonly totalBytes: number;
  readonly connections: number;
}

/** What a person can send by mail. */
const usualLimits: RecorderLimits = {
  connectionBytes: 256 * 1_024,
  totalBytes: 2 * 1_024 * 1_024,
  connections: 1_000,
};

/** What a frame costs beside its own bytes. */
const frameBytes = 64;

interface Slot extends RecordedConnection {
  bytes: number;
}

/** Keeps the last frames of each connection: within its bounds, the oldest are given up first, and counted. */
export class Recorder {
  readonly #limits: RecorderLimits;
  readonly #connections = new Map<number, Slot>();
  #bytes = 0;
  #lost = 0;

  constructor(limits: RecorderLimits = usualLimits) {
    this.#limits = limits;
  }

  /** In the order in which they began. */
  get connections(): readonly RecordedConnection[] {
    return [...this.#connections.values()];
  }

  /** Whole connections that were given up. */
  get lostConnections(): number {
    return this.#lost;
  }

  readonly listen = (event: WireEvent): void => {
    if (event.kind === 'opening') {
      this.#begin(event);
      return;
    }
    const slot = this.#connections.get(event.connection);
    if (!slot) return;
    switch (event.kind) {
      case 'opened':
        slot.isOpened = true;
        return;
      case 'failed':
        slot.failure ??= event.problem;
        return;
      case 'ended':
        slot.end ??= 'peer';
        return;
      case 'closed':
      case 'given-up':
        slot.end ??= event.kind === 'closed' ? 'us' : undefined;
        return;
      case 'out':
      case 'in':
        this.#keep(slot, { atMs: event.atMs, way: event.kind, content: withoutPicture(event.content) });
    }
  };

  #begin({ connection: id, atMs, ...event }: Extract<WireEvent, { kind: 'opening' }>): void {
    const [oldest] = this.#connections.values();
    if (oldest && this.#connections.size >= this.#limits.connections) {
      this.#connections.delete(oldest.id);
      this.#bytes -= oldest.bytes;
      this.#lost++;
    }
    this.#connections.set(id, {
      id,
      port: event.port,
      target: event.target,
      isSecure: event.isSecure,
      startedAtMs: atMs,
      isOpened: false,
      failure: undefined,
      end: undefined,
      frames: [],
      dropped: 0,
      bytes: 0,
    });
  }

  #keep(slot: Slot, frame: RecordedFrame): void {
    const cost = costOf(frame);
    slot.frames.push(frame);
    slot.bytes += cost;
    this.#bytes += cost;
    while (slot.bytes > this.#limits.connectionBytes) this.#dropOldest(slot);
    while (this.#bytes > this.#limits.totalBytes) {
      const full = this.#withOldest();
      if (!full) return;
      this.#dropOldest(full);
    }
  }

  #dropOldest(slot: Slot): void {
    const oldest = slot.frames.shift();
    if (!oldest) return;
    const cost = costOf(oldest);
    slot.bytes -= cost;
    this.#bytes -= cost;
    slot.dropped++;
  }

  #withOldest(): Slot | undefined {
    let oldest: Slot | undefined;
    for (const slot of this.#connections.values()) {
      const atMs = slot.frames[0]?.atMs ?? Number.POSITIVE_INFINITY;
      if (atMs < (oldest?.frames[0]?.atMs ?? Number.POSITIVE_INFINITY)) oldest = slot;
    }
    return oldest;
  }
}

function costOf({ content }: RecordedFrame): number {
  return sizeOf(content) + frameBytes;
}

/** No picture is ever kept. */
function withoutPicture(content: WireContent): WireContent {
  if (content.kind !== 'response') return content;
  const isPicture = content.headers['content-type']?.some((type) => /^(image|video)\//i.test(type)) ?? false;
  return isPicture ? { ...content, body: new Uint8Array() } : content;
}
