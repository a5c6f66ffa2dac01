import { ProtocolError } from '../bytes/error.ts';
import type { HyperdeckReply } from './line.ts';

// Responses by their numbers, as in the manual of HyperDeck Studio, Developer Information.

/** What we ask a deck, and the number with which it answers. */
export const queries = {
  device: { command: 'device info', code: 204 },
  slot: { command: 'slot info', code: 202 },
  transport: { command: 'transport info', code: 208 },
} as const;

/** What a deck says unasked. */
export const notices = { connection: 500, slot: 502, transport: 508, remote: 510 } as const;

export interface HyperdeckDevice {
  readonly protocolVersion: string;
  readonly model: string;
  readonly uniqueId: string | undefined;
}

const transportStates = ['preview', 'stopped', 'play', 'forward', 'rewind', 'jog', 'shuttle', 'record'] as const;
const slotStates = ['empty', 'mounting', 'error', 'mounted'] as const;

export type TransportStatus = (typeof transportStates)[number];
export type SlotStatus = (typeof slotStates)[number];

export interface HyperdeckTransport {
  readonly status: TransportStatus;
  /** Undefined while it uses none. */
  readonly slot: number | undefined;
  /** As shown on its front, HH:MM:SS:FF. */
  readonly timecode: string | undefined;
}

export interface HyperdeckSlot {
  readonly slot: number;
  readonly status: SlotStatus;
  readonly volume: string | undefined;
  /** How long it can still record in the format of now, in seconds. */
  readonly recordingSeconds: number | undefined;
}

/** Reads `500 connection info` or `204 device info`. */
export function readDevice({ fields }: HyperdeckReply): HyperdeckDevice {
  return {
    protocolVersion: fields.get('protocol version') ?? '',
    model: fields.get('model') ?? '',
    uniqueId: fields.get('unique id') || undefined,
  };
}

/** Reads `208 transport info`. Throws ProtocolError `malformed`. */
export function readTransport({ fields }: HyperdeckReply): HyperdeckTransport {
  const timecode = fields.get('display timecode') || fields.get('timecode') || undefined;
  return {
    status: oneOf(transportStates, fields.get('status'), 'transport status'),
    slot: numberOf(fields.get('slot id')),
    timecode,
  };
}

/** Reads `202 slot info`. Throws ProtocolError `malformed`. */
export function readSlot({ fields }: HyperdeckReply): HyperdeckSlot {
  const slot = numberOf(fields.get('slot id'));
  if (slot === undefined) throw new ProtocolError('malformed', 'a slot without a number');
  return {
    slot,
    status: oneOf(slotStates, fields.get('status'), 'slot status'),
    volume: fields.get('volume name') || undefined,
    recordingSeconds: numberOf(fields.get('recording time')),
  };
}

function oneOf<T extends string>(known: readonly T[], value: string | undefined, what: string): T {
  const found = known.find((candidate) => candidate === value);
  if (found === undefined) throw new ProtocolError('malformed', `${JSON.stringify(value)} is no ${what}`);
  return found;
}

/** A count in digits; decks say `none` where there is nothing. */
function numberOf(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}
