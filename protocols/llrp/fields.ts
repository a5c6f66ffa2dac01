import { Buffer } from 'node:buffer';
import { ProtocolError } from '../bytes/error.ts';
import { ByteReader } from '../bytes/reader.ts';
import type { ByteWriter } from '../bytes/writer.ts';

/** What the fields of LLRP are made of, and how we hold them. */
export interface FieldValues {
  u8: number;
  u16: number;
  u32: number;
  u64: bigint;
  s8: number;
  s16: number;
  /** The top bit of one byte; the other bits are reserved: zero when sent, ignored when received. */
  flag: boolean;
  /** 16-bit numbers behind their count in 16 bits. */
  'u16-list': readonly number[];
  /** UTF-8 behind its length in 16 bits. */
  text: string;
  /** Bytes behind their length in 16 bits, as lower hex. */
  bytes: string;
  /** 12 bytes, as lower hex. */
  'epc-96': string;
  /** Everything up to the end of the parameter, as lower hex. */
  rest: string;
}
export type FieldKind = keyof FieldValues;
export type Layout = Readonly<Record<string, FieldKind>>;
export type FieldsOf<L extends Layout> = { readonly [F in keyof L]: FieldValues[L[F]] };

interface FieldCodec<K extends FieldKind> {
  readonly read: (reader: ByteReader) => FieldValues[K];
  readonly write: (writer: ByteWriter, value: FieldValues[K]) => void;
}

const epc96Bytes = 12;

const codecs: { readonly [K in FieldKind]: FieldCodec<K> } = {
  u8: { read: (reader) => reader.u8(), write: (writer, value) => writer.u8(value) },
  u16: { read: (reader) => reader.u16(), write: (writer, value) => writer.u16(value) },
  u32: { read: (reader) => reader.u32(), write: (writer, value) => writer.u32(value) },
  u64: { read: (reader) => reader.u64(), write: (writer, value) => writer.u64(value) },
  s8: { read: (reader) => reader.s8(), write: (writer, value) => writer.s8(value) },
  s16: { read: (reader) => reader.s16(), write: (writer, value) => writer.s16(value) },
  flag: { read: (reader) => reader.u8() >= 0x80, write: (writer, value) => writer.u8(value ? 0x80 : 0) },
  'u16-list': {
    read: (reader) => {
      const items = new ByteReader(reader.bytes(reader.u16() * 2));
      const list: number[] = [];
      while (items.remaining > 0) list.push(items.u16());
      return list;
    },
    write: (writer, value) => {
      writer.u16(value.length);
      for (const item of value) writer.u16(item);
    },
  },
  text: { read: (reader) => reader.text(reader.u16()), write: (writer, value) => writer.text16(value) },
  bytes: {
    read: (reader) => toHex(reader.bytes(reader.u16())),
    write: (writer, value) => {
      const bytes = fromHex(value);
      writer.u16(bytes.length);
      writer.bytes(bytes);
    },
  },
  'epc-96': {
    read: (reader) => toHex(reader.bytes(epc96Bytes)),
    write: (writer, value) => writer.bytes(fromHex(value, epc96Bytes)),
  },
  rest: {
    read: (reader) => toHex(reader.bytes(reader.remaining)),
    write: (writer, value) => writer.bytes(fromHex(value)),
  },
};

/** Reads the fields of `layout` in their order. Throws ProtocolError `truncated`. */
export function readFields(reader: ByteReader, layout: Layout): Record<string, FieldValues[FieldKind]> {
  const fields: Record<string, FieldValues[FieldKind]> = {};
  for (const [name, kind] of Object.entries(layout)) fields[name] = codecs[kind].read(reader);
  return fields;
}

/** Writes the fields of `layout` in their order. Throws ProtocolError `malformed` when one does not fit. */
export function writeFields(writer: ByteWriter, layout: Layout, fields: object): void {
  const values: Readonly<Record<string, unknown>> = { ...fields };
  for (const [name, kind] of Object.entries(layout)) {
    // The types of messages and parameters are made from the same layouts, so name and kind agree.
    const codec = codecs[kind] as FieldCodec<FieldKind>;
    codec.write(writer, values[name] as FieldValues[FieldKind]);
  }
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Throws ProtocolError `malformed` when `text` is no hex or not `length` bytes long. */
export function fromHex(text: string, length?: number): Uint8Array {
  if (!/^([0-9a-f]{2})*$/i.test(text) || (length !== undefined && text.length !== length * 2)) {
    throw new ProtocolError('malformed', `this is no hex of ${length ?? 'any number of'} bytes: ${text.slice(0, 60)}`);
  }
  return Uint8Array.from(Buffer.from(text, 'hex'));
}
