/** The bytes of LLRP 1.0.1 by its section 16, written for the simulator and without our codec. */

export const u8 = (value: number): Buffer => Buffer.from([value & 0xff]);
export const u16 = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
export const u32 = (value: number): Buffer => Buffer.concat([u16(value >>> 16), u16(value & 0xffff)]);

export function message(version: number, type: number, id: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  return Buffer.concat([u16((version << 10) | type), u32(10 + value.length), u32(id), value]);
}

export function tlv(type: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  return Buffer.concat([u16(type), u16(4 + value.length), value]);
}

export function tv(type: number, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([u8(0x80 | type), ...parts]);
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([u16(bytes.length), bytes]);
}

/** UTCTimestamp in microseconds. */
export function utc(nowMs: number): Buffer {
  const microseconds = Buffer.alloc(8);
  microseconds.writeBigUInt64BE(BigInt(Math.round(nowMs)) * 1_000n);
  return tlv(128, microseconds);
}

export const status = (code: number, description = ''): Buffer => tlv(287, u16(code), text(description));

/** One message as it came: header and what stands behind it. */
export interface Received {
  readonly version: number;
  readonly type: number;
  readonly id: number;
  readonly value: Buffer;
}

/** TLV parameters of a client's message, from `at` on; a client of a reader sends no others. */
export function parametersOf(value: Buffer, at: number): { readonly type: number; readonly value: Buffer }[] {
  const found: { type: number; value: Buffer }[] = [];
  let start = at;
  while (start + 4 <= value.length) {
    const length = value.readUInt16BE(start + 2);
    if (length < 4) break;
    found.push({ type: value.readUInt16BE(start) & 0x3ff, value: value.subarray(start + 4, start + length) });
    start += length;
  }
  return found;
}
