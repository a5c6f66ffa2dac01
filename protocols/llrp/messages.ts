import { ProtocolError } from '../bytes/error.ts';
import type { Framer } from '../bytes/framer.ts';
import { createLengthFramer } from '../bytes/length-framer.ts';
import { ByteReader } from '../bytes/reader.ts';
import { ByteWriter } from '../bytes/writer.ts';
import { type FieldsOf, fromHex, type Layout, readFields, writeFields } from './fields.ts';
import { type Parameter, readParameters, writeParameters } from './parameters.ts';

/** TCP port of every reader; 5085 with TLS [LLRP 1.0.1 section 18.1]. */
export const llrpPort = 5084;

/** The version in each header: 1 says LLRP 1.0.1, 2 says LLRP 1.1. */
export type LlrpVersion = 1 | 2;

const onlyStatus = {} as const;
const roSpec = { roSpec: 'u32' } as const;
const accessSpec = { accessSpec: 'u32' } as const;

/** The messages that we know, by their numbers [LLRP 1.0.1 section 16.1; 1.1 section 17.1]. Parameters follow the fields. */
const layouts = {
  'get-reader-capabilities': { type: 1, fields: { requested: 'u8' } },
  'get-reader-config': {
    type: 2,
    fields: { antenna: 'u16', requested: 'u8', inputPort: 'u16', outputPort: 'u16' },
  },
  'set-reader-config': { type: 3, fields: { resetToFactoryDefaults: 'flag' } },
  'close-connection-response': { type: 4, fields: onlyStatus },
  'get-reader-capabilities-response': { type: 11, fields: onlyStatus },
  'get-reader-config-response': { type: 12, fields: onlyStatus },
  'set-reader-config-response': { type: 13, fields: onlyStatus },
  'close-connection': { type: 14, fields: {} },
  'add-ro-spec': { type: 20, fields: {} },
  'delete-ro-spec': { type: 21, fields: roSpec },
  'start-ro-spec': { type: 22, fields: roSpec },
  'stop-ro-spec': { type: 23, fields: roSpec },
  'enable-ro-spec': { type: 24, fields: roSpec },
  'disable-ro-spec': { type: 25, fields: roSpec },
  'get-ro-specs': { type: 26, fields: {} },
  'add-ro-spec-response': { type: 30, fields: onlyStatus },
  'delete-ro-spec-response': { type: 31, fields: onlyStatus },
  'start-ro-spec-response': { type: 32, fields: onlyStatus },
  'stop-ro-spec-response': { type: 33, fields: onlyStatus },
  'enable-ro-spec-response': { type: 34, fields: onlyStatus },
  'disable-ro-spec-response': { type: 35, fields: onlyStatus },
  'get-ro-specs-response': { type: 36, fields: onlyStatus },
  'add-access-spec': { type: 40, fields: {} },
  'delete-access-spec': { type: 41, fields: accessSpec },
  'enable-access-spec': { type: 42, fields: accessSpec },
  'disable-access-spec': { type: 43, fields: accessSpec },
  'get-access-specs': { type: 44, fields: {} },
  'get-supported-version': { type: 46, fields: {} },
  'set-protocol-version': { type: 47, fields: { protocolVersion: 'u8' } },
  'add-access-spec-response': { type: 50, fields: onlyStatus },
  'delete-access-spec-response': { type: 51, fields: onlyStatus },
  'enable-access-spec-response': { type: 52, fields: onlyStatus },
  'disable-access-spec-response': { type: 53, fields: onlyStatus },
  'get-access-specs-response': { type: 54, fields: onlyStatus },
  'get-supported-version-response': { type: 56, fields: { currentVersion: 'u8', supportedVersion: 'u8' } },
  'set-protocol-version-response': { type: 57, fields: onlyStatus },
  'get-report': { type: 60, fields: {} },
  'ro-access-report': { type: 61, fields: {} },
  keepalive: { type: 62, fields: {} },
  'reader-event-notification': { type: 63, fields: {} },
  'enable-events-and-reports': { type: 64, fields: {} },
  'keepalive-ack': { type: 72, fields: {} },
  'error-message': { type: 100, fields: onlyStatus },
  /** `payload`: the vendor's own bytes, as lower hex. */
  'custom-message': { type: 1023, fields: { vendor: 'u32', subtype: 'u8', payload: 'rest' } },
} as const satisfies Readonly<Record<string, { readonly type: number; readonly fields: Layout }>>;

export type MessageKind = keyof typeof layouts;

/** What a message says, without the number and version of its header. */
type BodyOf<K extends MessageKind> = {
  readonly kind: K;
  readonly parameters?: readonly Parameter[];
} & FieldsOf<(typeof layouts)[K]['fields']>;

interface UnknownBody {
  readonly kind: 'unknown';
  readonly type: number;
  /** Everything behind the header, as lower hex. */
  readonly value: string;
}

export type MessageBody = { readonly [K in MessageKind]: BodyOf<K> }[MessageKind] | UnknownBody;

interface Header {
  readonly version: LlrpVersion;
  /** A response carries the id of its request. */
  readonly id: number;
  /** How often a TV parameter of an unknown number hid what stood behind it; absent when never. */
  readonly skipped?: number;
}

export type Message = MessageBody & Header;
export type MessageOf<K extends MessageKind> = BodyOf<K> & Header;

const headerBytes = 10;
/** Capabilities of a reader with many channels take some 10 KiB, a report of 500 tags some 20 KiB. */
const maxMessageBytes = 256 * 1024;

const kindsByType: ReadonlyMap<number, MessageKind> = new Map(
  Object.entries(layouts).map(([kind, { type }]) => [type, kind as MessageKind]),
);

/** Cuts the stream of a connection into messages of at most 256 KiB. Throws ProtocolError. */
export function createMessageFramer(): Framer {
  return createLengthFramer({
    headerBytes,
    lengthOf: (header) => {
      const reader = new ByteReader(header);
      versionOf(reader.u16());
      return reader.u32();
    },
    maxBytes: maxMessageBytes,
  });
}

/** Reads one whole message. Throws ProtocolError. */
export function decodeMessage(bytes: Uint8Array): Message {
  const reader = new ByteReader(bytes);
  const head = reader.u16();
  const length = reader.u32();
  if (length !== bytes.length) {
    throw new ProtocolError(
      length > bytes.length ? 'truncated' : 'malformed',
      `a message says that it has ${length} bytes, and has ${bytes.length}`,
    );
  }
  const header = { version: versionOf(head), id: reader.u32() };
  const type = head & 0x3ff;
  const kind = kindsByType.get(type);
  if (kind === undefined) {
    const { value } = readFields(reader, { value: 'rest' }) as { value: string };
    return { kind: 'unknown', ...header, type, value };
  }
  const tally = { skipped: 0 };
  const fields = readFields(reader, layouts[kind].fields);
  const parameters = readParameters(reader, tally);
  return {
    kind,
    ...header,
    ...fields,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(tally.skipped > 0 ? { skipped: tally.skipped } : {}),
    // Fields and parameters were read by the layout of this very kind.
  } as Message;
}

/** Writes one whole message. Throws ProtocolError `malformed` for what LLRP cannot say, `oversize` for what is too long. */
export function encodeMessage(message: Message): Uint8Array {
  const writer = new ByteWriter();
  const type = message.kind === 'unknown' ? message.type : layouts[message.kind].type;
  if (type > 0x3ff) throw new ProtocolError('malformed', `there is no message number ${type}`);
  writer.u16((message.version << 10) | type);
  writer.u32(0);
  writer.u32(message.id);
  if (message.kind === 'unknown') writer.bytes(fromHex(message.value));
  else {
    writeFields(writer, layouts[message.kind].fields, message);
    writeParameters(writer, message.parameters);
  }
  if (writer.length > maxMessageBytes) throw new ProtocolError('oversize', `a message of ${writer.length} bytes`);
  writer.setU32(2, writer.length);
  return writer.finish();
}

function versionOf(head: number): LlrpVersion {
  const version = (head >> 10) & 7;
  if (version === 1 || version === 2) return version;
  throw new ProtocolError('unsupported', `LLRP has no version ${version} that we know`);
}
