import { ProtocolError } from '../bytes/error.ts';
import { ByteWriter } from '../bytes/writer.ts';
import { NameReader } from './name.ts';

/** Where Multicast DNS is spoken over IPv4 (RFC 6762 section 3). */
export const mdnsAddress = { host: '224.0.0.251', port: 5353 } as const;

/** The longest message, with its headers (RFC 6762 section 17). */
export const maxMessageBytes = 9_000;

/** The labels of a name without the root; a label may hold dots and spaces (RFC 6763 section 4.1.1). */
export type Name = readonly string[];

/** The records that tell of services; others are read over. Each is only what its sender claims. */
export type DnsRecord =
  | { readonly kind: 'pointer'; readonly name: Name; readonly target: Name }
  | { readonly kind: 'service'; readonly name: Name; readonly port: number; readonly host: Name }
  /** Keys in lower case; of a key that comes twice the first counts (RFC 6763 section 6.4). */
  | { readonly kind: 'text'; readonly name: Name; readonly entries: Readonly<Record<string, string>> }
  | { readonly kind: 'address'; readonly name: Name; readonly address: string };

const types = { a: 1, pointer: 12, text: 16, aaaa: 28, service: 33 } as const;
const classInternet = 1;
/** Beside the class of a question: the answer may come to the asker alone (RFC 6762 section 5.4). */
const unicastResponse = 0x8000;
const responseFlag = 0x8000;
const opcodeMask = 0x7800;
const responseCodeMask = 0x000f;
const maxRecords = 512;
const maxTextEntries = 64;
const maxTargetsOfQuery = 32;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** A question for the instances of services, such as `_ipp._tcp.local`, asked once (RFC 6762 section 5.1). Throws ProtocolError. */
export function encodeQuery(services: readonly Name[]): Uint8Array {
  if (services.length > maxTargetsOfQuery) throw new ProtocolError('oversize', `${services.length} questions at once`);
  const writer = new ByteWriter();
  for (const field of [0, 0, services.length, 0, 0, 0]) writer.u16(field);
  for (const name of services) {
    writeName(writer, name);
    writer.u16(types.pointer);
    writer.u16(unicastResponse | classInternet);
  }
  return writer.finish();
}

function writeName(writer: ByteWriter, name: Name): void {
  for (const label of name) {
    const bytes = encoder.encode(label);
    if (bytes.length === 0 || bytes.length > 63) throw new ProtocolError('malformed', `${label} is no label of a name`);
    writer.u8(bytes.length);
    writer.bytes(bytes);
  }
  writer.u8(0);
}

/** Reads an answer. Throws ProtocolError for anything else, such as the question of another machine. */
export function decodeAnswer(bytes: Uint8Array): readonly DnsRecord[] {
  if (bytes.length > maxMessageBytes) throw new ProtocolError('oversize', `a message of ${bytes.length} bytes`);
  const reader = new NameReader(bytes);
  reader.u16();
  const flags = reader.u16();
  if ((flags & responseFlag) === 0) throw new ProtocolError('malformed', 'a question, and no answer');
  // Answers with an operation or a code other than 0 are ignored (RFC 6762 sections 18.3, 18.11).
  if ((flags & (opcodeMask | responseCodeMask)) !== 0)
    throw new ProtocolError('unsupported', 'an answer of another kind');
  const questions = reader.u16();
  const records = reader.u16() + reader.u16() + reader.u16();
  if (questions + records > maxRecords)
    throw new ProtocolError('oversize', `a message of ${questions + records} records`);
  for (let index = 0; index < questions; index++) {
    reader.name();
    reader.bytes(4);
  }
  const found: DnsRecord[] = [];
  for (let index = 0; index < records; index++) {
    const record = readRecord(reader);
    if (record) found.push(record);
  }
  return found;
}

function readRecord(reader: NameReader): DnsRecord | undefined {
  const name = reader.name();
  const type = reader.u16();
  reader.bytes(6);
  const length = reader.u16();
  const end = reader.position + length;
  const record = readData(reader, { name, type, length });
  if (record && reader.position !== end)
    throw new ProtocolError('malformed', `a record of type ${type} ends elsewhere`);
  return record;
}

function readData(
  reader: NameReader,
  { name, type, length }: { readonly name: Name; readonly type: number; readonly length: number },
): DnsRecord | undefined {
  switch (type) {
    case types.pointer:
      return { kind: 'pointer', name, target: reader.name() };
    case types.service: {
      // Priority and weight are of no use where there is one machine.
      reader.bytes(4);
      const port = reader.u16();
      return { kind: 'service', name, port, host: reader.name() };
    }
    case types.text:
      return { kind: 'text', name, entries: readText(reader.bytes(length)) };
    case types.a:
      if (length !== 4) throw new ProtocolError('malformed', `an IPv4 address of ${length} bytes`);
      return { kind: 'address', name, address: [...reader.bytes(4)].join('.') };
    default:
      reader.bytes(length);
      return undefined;
  }
}

/** Strings of `key=value`; one without `=` is a key alone, one that begins with it says nothing (RFC 6763 section 6.4). */
function readText(bytes: Uint8Array): Readonly<Record<string, string>> {
  const entries = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] ?? 0;
    if (at + 1 + length > bytes.length) throw new ProtocolError('truncated', 'a text runs over its record');
    const text = decoder.decode(bytes.subarray(at + 1, at + 1 + length));
    at += 1 + length;
    const [key = ''] = text.split('=', 1);
    const folded = key.toLowerCase();
    if (folded === '' || entries.has(folded) || entries.size >= maxTextEntries) continue;
    entries.set(folded, text.slice(key.length + 1));
  }
  return Object.fromEntries(entries);
}
