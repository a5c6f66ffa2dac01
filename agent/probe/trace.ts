import type { Clock } from '../../protocols/ports.ts';
import type { DialEvent } from '../platform/dial.ts';
import type { Address } from '../platform/network.ts';
import { sizeOf, type WireContent, type WireEvent } from './wire-event.ts';

/** One address that was dialled, as far as it came the last time. */
export interface Dial {
  readonly address: Address;
  ips: readonly string[];
  /** The one of them that the policy allows. */
  dialledIp: string | undefined;
  outcome: 'resolving' | 'name-unknown' | 'not-allowed' | 'dialling' | 'open' | 'failed';
  /** Milliseconds of the name, and of the connection. */
  resolveMs: number | undefined;
  connectMs: number | undefined;
  /** Code of the operating system, such as ECONNREFUSED. */
  systemCode: string | undefined;
}

/** What went over all connections, counted. */
export interface Traffic {
  bytesIn: number;
  bytesOut: number;
  /** What came first from the device; at most 64 bytes. */
  first: Uint8Array | undefined;
  isSecure: boolean;
  usesTcp: boolean;
  usesUdp: boolean;
  usesPrograms: boolean;
  /** Where datagrams were sent. */
  readonly datagramsTo: Map<string, Address>;
}

const maxFirstBytes = 64;
/** More addresses than a rig of devices has. */
const maxDials = 64;

/** Listens to everything that happens to one attempt, and keeps what a person wants to know of it. */
export class Trace {
  readonly traffic: Traffic = {
    bytesIn: 0,
    bytesOut: 0,
    first: undefined,
    isSecure: false,
    usesTcp: false,
    usesUdp: false,
    usesPrograms: false,
    datagramsTo: new Map(),
  };
  readonly #clock: Clock;
  readonly #dials = new Map<string, Dial & { sinceMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** In the order in which they were first dialled. */
  get dials(): readonly Dial[] {
    return [...this.#dials.values()];
  }

  /** For `createNetwork`. */
  readonly observeDial = (event: DialEvent): void => {
    const now = this.#clock.mono();
    const key = keyOf(event.address);
    const dial = this.#dials.get(key) ?? newDial(event.address, now);
    if (this.#dials.size < maxDials) this.#dials.set(key, dial);
    switch (event.kind) {
      case 'resolved':
        dial.ips = event.ips;
        dial.resolveMs = Math.round(now - dial.sinceMs);
        return;
      case 'refused':
        dial.outcome = 'not-allowed';
        return;
      case 'dialling':
        dial.outcome = 'dialling';
        dial.dialledIp = event.ip;
        dial.sinceMs = now;
        return;
      case 'connected':
        dial.outcome = 'open';
        dial.connectMs = Math.round(now - dial.sinceMs);
        return;
      case 'failed':
        dial.outcome = dial.ips.length === 0 ? 'name-unknown' : 'failed';
        dial.systemCode = 'code' in event.error ? String(event.error.code) : undefined;
    }
  };

  /** For the tap. */
  readonly listen = (event: WireEvent): void => {
    const { traffic } = this;
    if (event.kind === 'opening') {
      traffic.isSecure ||= event.isSecure;
      traffic.usesTcp ||= event.port !== 'udp' && event.port !== 'program';
      traffic.usesUdp ||= event.port === 'udp';
      traffic.usesPrograms ||= event.port === 'program';
      // A name that needs no time to resolve is timed from here.
      const dial = event.target && this.#dials.get(keyOf(event.target));
      if (dial) dial.sinceMs = this.#clock.mono();
    }
    if (event.kind === 'out') {
      traffic.bytesOut += sizeOf(event.content);
      const peer = event.content.kind === 'datagram' ? event.content.peer : undefined;
      if (peer && traffic.datagramsTo.size < maxDials) traffic.datagramsTo.set(keyOf(peer), peer);
    }
    if (event.kind === 'in') {
      traffic.bytesIn += sizeOf(event.content);
      traffic.first ??= firstOf(event.content);
    }
  };
}

function keyOf({ host, port }: Address): string {
  return `${host}:${port}`;
}

function newDial(address: Address, sinceMs: number): Dial & { sinceMs: number } {
  return {
    address,
    ips: [],
    dialledIp: undefined,
    outcome: 'resolving',
    resolveMs: undefined,
    connectMs: undefined,
    systemCode: undefined,
    sinceMs,
  };
}

function firstOf(content: WireContent): Uint8Array {
  const bytes = 'bytes' in content ? content.bytes : 'body' in content ? content.body : undefined;
  const text = content.kind === 'text' ? content.text : content.kind === 'result' ? content.stdout : '';
  return (bytes ?? Buffer.from(text)).slice(0, maxFirstBytes);
}
