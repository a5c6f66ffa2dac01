import { ProtocolError } from '../bytes/error.ts';
import { ByteReader } from '../bytes/reader.ts';
import { ByteWriter } from '../bytes/writer.ts';

/** UDP port of VISCA over IP with Sony's header. */
export const viscaUdpPort = 52_381;

/** A datagram of VISCA over IP [Sony SRG-300H Technical Manual, VISCA over IP: 8 bytes of header, then 1 to 16 of payload]. */
export interface ViscaPacket {
  readonly type: ViscaPacketType;
  /** Counts up with each message of the controller; an answer carries that of its question. 32 bits. */
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export type ViscaPacketType = 'command' | 'inquiry' | 'reply' | 'device-setting' | 'control' | 'control-reply';

const typeCodes: Readonly<Record<ViscaPacketType, number>> = {
  command: 0x0100,
  inquiry: 0x0110,
  reply: 0x0111,
  'device-setting': 0x0120,
  control: 0x0200,
  'control-reply': 0x0201,
};
const typesByCode = new Map(Object.entries(typeCodes).map(([type, code]) => [code, type as ViscaPacketType]));

const headerBytes = 8;
const maxPayloadBytes = 16;

/** Makes a datagram. Throws ProtocolError `malformed` for a payload of no or more than 16 bytes. */
export function encodePacket({ type, sequence, payload }: ViscaPacket): Uint8Array {
  if (payload.length < 1 || payload.length > maxPayloadBytes) {
    throw new ProtocolError('malformed', `a payload has 1 to ${maxPayloadBytes} bytes, not ${payload.length}`);
  }
  const writer = new ByteWriter();
  writer.u16(typeCodes[type]);
  writer.u16(payload.length);
  writer.u32(sequence);
  writer.bytes(payload);
  return writer.finish();
}

/** Reads a datagram. Throws ProtocolError `truncated`, `malformed`, or `unsupported` for an unknown type. */
export function decodePacket(bytes: Uint8Array): ViscaPacket {
  if (bytes.length > headerBytes + maxPayloadBytes)
    throw new ProtocolError('oversize', 'a datagram has 24 bytes at most');
  const reader = new ByteReader(bytes);
  const code = reader.u16();
  const length = reader.u16();
  const sequence = reader.u32();
  const type = typesByCode.get(code);
  if (type === undefined)
    throw new ProtocolError('unsupported', `no packet of VISCA has the type 0x${code.toString(16)}`);
  if (length < 1 || length > maxPayloadBytes) throw new ProtocolError('malformed', `a payload of ${length} bytes`);
  const payload = reader.bytes(length).slice();
  if (reader.remaining > 0) throw new ProtocolError('malformed', 'a datagram holds one message');
  return { type, sequence, payload };
}

/** Sets the camera's sequence number back to 0. */
export function encodeReset(sequence: number): Uint8Array {
  return encodePacket({ type: 'control', sequence, payload: Uint8Array.of(0x01) });
}

/** What a camera answers to a control message: done, or why the message before was not taken. */
export type ViscaControl = 'acknowledged' | 'wrong-sequence' | 'wrong-message' | 'unknown';

/** Reads the payload of a control message or of its reply. */
export function readControl(payload: Uint8Array): ViscaControl {
  const [first, second] = payload;
  if (first === 0x01) return 'acknowledged';
  if (first !== 0x0f) return 'unknown';
  if (second === 0x01) return 'wrong-sequence';
  return second === 0x02 ? 'wrong-message' : 'unknown';
}
