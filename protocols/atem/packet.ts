import { ProtocolError } from '../bytes/error.ts';
import { ByteWriter } from '../bytes/writer.ts';

/** UDP port of every ATEM switcher. */
export const atemPort = 9910;
/** Bytes of a header: flags and length, session, acknowledged number, number to send again from, unused, own number. */
const headerBytes = 12;
/** A length has eleven bits. */
export const maxPacketBytes = 0x7ff;
/** Numbers of packets have fifteen bits and start again at 0. */
export const packetNumbers = 0x8000;

/** Five bits at the front of a packet [node-atem-connection 3.10.2, as seen on switchers]. */
export interface PacketFlags {
  /** The other side shall acknowledge this packet. */
  readonly wantsAck: boolean;
  /** It belongs to the greeting. */
  readonly greets: boolean;
  readonly isResent: boolean;
  /** The other side shall send again from a number on. */
  readonly asksAgain: boolean;
  readonly acknowledges: boolean;
}

export interface AtemPacket extends PacketFlags {
  readonly session: number;
  /** The last number that the sender has got, where it acknowledges. */
  readonly acknowledged: number;
  /** The first number that the sender misses, where it asks again. */
  readonly again: number;
  /** The packet's own number, where it wants to be acknowledged. */
  readonly number: number;
  readonly payload: Uint8Array;
}

const bits = { wantsAck: 1, greets: 2, isResent: 4, asksAgain: 8, acknowledges: 16 } as const;

/** Reads one datagram. Throws ProtocolError `truncated` or, where its length is not that of the datagram, `malformed`. */
export function decodePacket(bytes: Uint8Array): AtemPacket {
  if (bytes.length < headerBytes) throw new ProtocolError('truncated', 'an ATEM packet has a header of 12 bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint16(0) & maxPacketBytes;
  if (length !== bytes.length) {
    throw new ProtocolError('malformed', `an ATEM packet of ${bytes.length} bytes says that it has ${length}`);
  }
  const flags = view.getUint8(0) >> 3;
  return {
    wantsAck: (flags & bits.wantsAck) !== 0,
    greets: (flags & bits.greets) !== 0,
    isResent: (flags & bits.isResent) !== 0,
    asksAgain: (flags & bits.asksAgain) !== 0,
    acknowledges: (flags & bits.acknowledges) !== 0,
    session: view.getUint16(2),
    acknowledged: view.getUint16(4),
    again: view.getUint16(6),
    number: view.getUint16(10),
    payload: bytes.subarray(headerBytes),
  };
}

/** Writes one datagram; what is left out is 0 or false. Throws ProtocolError `oversize` or `malformed`. */
export function encodePacket(packet: Partial<AtemPacket> & Pick<AtemPacket, 'session'>): Uint8Array {
  const { payload = new Uint8Array(), session, acknowledged = 0, again = 0, number = 0 } = packet;
  const length = headerBytes + payload.length;
  if (length > maxPacketBytes) throw new ProtocolError('oversize', `an ATEM packet of ${length} bytes`);
  const flags = Object.entries(bits).reduce(
    (sum, [name, bit]) => sum | (packet[name as keyof PacketFlags] ? bit : 0),
    0,
  );
  const writer = new ByteWriter();
  writer.u16((flags << 11) | length);
  for (const value of [session, acknowledged, again, 0, number]) writer.u16(value);
  writer.bytes(payload);
  return writer.finish();
}

/** What a greeting says in its first byte of eight. */
const greetings = { ask: 1, accepted: 2, full: 3 } as const;
const greetingBytes = 8;
/** Nobody says what it means; every client that is known to work sends it so. */
const unknownByte = 9;

/** Asks for a session; `session` is a number of the asker's choice. */
export function encodeHello(session: number): Uint8Array {
  const payload = new Uint8Array(greetingBytes);
  payload[0] = greetings.ask;
  const bytes = encodePacket({ greets: true, session, payload });
  bytes[unknownByte] = 0x3a;
  return bytes;
}

/** The switcher's answer to a hello. `full`: it has no place for one more client. Throws ProtocolError `malformed`. */
export function readGreeting({ payload }: AtemPacket): 'accepted' | 'full' {
  if (payload[0] === greetings.accepted) return 'accepted';
  if (payload[0] === greetings.full) return 'full';
  throw new ProtocolError('malformed', `the answer to a hello begins with ${payload[0] ?? 'nothing'}`);
}

/** Whether `number` comes at or before `last` on the circle of numbers. */
export function isCovered(last: number, number: number): boolean {
  return (last - number + packetNumbers) % packetNumbers < packetNumbers / 2;
}
