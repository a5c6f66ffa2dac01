import { ProtocolError } from '../bytes/error.ts';
import { ByteReader } from '../bytes/reader.ts';
import type { ByteWriter } from '../bytes/writer.ts';
import { type FieldsOf, fromHex, type Layout, readFields, writeFields } from './fields.ts';

/**
 * The parameters that we know, by their numbers [LLRP 1.0.1 section 16.2 and 16.3; 1.1 section 17.2 and 17.3]. Numbers up
 * to 127 are of fixed size and carry no length (TV); the others do (TLV). What follows the fields are parameters again.
 */
const layouts = {
  'antenna-id': { type: 1, fields: { antenna: 'u16' } },
  'first-seen-utc': { type: 2, fields: { microseconds: 'u64' } },
  'first-seen-uptime': { type: 3, fields: { microseconds: 'u64' } },
  'last-seen-utc': { type: 4, fields: { microseconds: 'u64' } },
  'last-seen-uptime': { type: 5, fields: { microseconds: 'u64' } },
  /** dBm */
  'peak-rssi': { type: 6, fields: { rssi: 's8' } },
  'channel-index': { type: 7, fields: { channel: 'u16' } },
  'tag-seen-count': { type: 8, fields: { count: 'u16' } },
  'ro-spec-id': { type: 9, fields: { roSpec: 'u32' } },
  'inventory-parameter-spec-id': { type: 10, fields: { spec: 'u16' } },
  'c1g2-crc': { type: 11, fields: { crc: 'u16' } },
  'c1g2-pc': { type: 12, fields: { pc: 'u16' } },
  'epc-96': { type: 13, fields: { epc: 'epc-96' } },
  'spec-index': { type: 14, fields: { index: 'u16' } },
  'client-request-op-spec-result': { type: 15, fields: { opSpec: 'u16' } },
  'access-spec-id': { type: 16, fields: { accessSpec: 'u32' } },
  'op-spec-id': { type: 17, fields: { opSpec: 'u16' } },
  'c1g2-singulation-details': { type: 18, fields: { collisionSlots: 'u16', emptySlots: 'u16' } },
  /** 1.1 only, as its sibling below. */
  'c1g2-xpc-w1': { type: 19, fields: { xpc: 'u16' } },
  'c1g2-xpc-w2': { type: 20, fields: { xpc: 'u16' } },
  'utc-timestamp': { type: 128, fields: { microseconds: 'u64' } },
  uptime: { type: 129, fields: { microseconds: 'u64' } },
  'general-device-capabilities': {
    type: 137,
    fields: { maxAntennas: 'u16', flags: 'u16', vendor: 'u32', model: 'u32', firmware: 'text' },
  },
  'gpio-capabilities': { type: 141, fields: { inputs: 'u16', outputs: 'u16' } },
  'ro-spec': { type: 177, fields: { roSpec: 'u32', priority: 'u8', state: 'u8' } },
  'ro-boundary-spec': { type: 178, fields: {} },
  'ro-spec-start-trigger': { type: 179, fields: { trigger: 'u8' } },
  'gpi-trigger-value': { type: 181, fields: { port: 'u16', high: 'flag', timeoutMs: 'u32' } },
  'ro-spec-stop-trigger': { type: 182, fields: { trigger: 'u8', durationMs: 'u32' } },
  'ai-spec': { type: 183, fields: { antennas: 'u16-list' } },
  'ai-spec-stop-trigger': { type: 184, fields: { trigger: 'u8', durationMs: 'u32' } },
  'inventory-parameter-spec': { type: 186, fields: { spec: 'u16', protocol: 'u8' } },
  identification: { type: 218, fields: { idType: 'u8', id: 'bytes' } },
  'gpo-write-data': { type: 219, fields: { port: 'u16', on: 'flag' } },
  'keepalive-spec': { type: 220, fields: { trigger: 'u8', intervalMs: 'u32' } },
  /** `gain` in hundredths of dBi. */
  'antenna-properties': { type: 221, fields: { connected: 'flag', antenna: 'u16', gain: 's16' } },
  /** `state`: 0 low, 1 high, 2 unknown. */
  'gpi-port-current-state': { type: 225, fields: { port: 'u16', enabled: 'flag', state: 'u8' } },
  'events-and-reports': { type: 226, fields: { hold: 'flag' } },
  'ro-report-spec': { type: 237, fields: { trigger: 'u8', tags: 'u16' } },
  /** `content`: the bits of `reportContent`. */
  'tag-report-content-selector': { type: 238, fields: { content: 'u16' } },
  'tag-report-data': { type: 240, fields: {} },
  'epc-data': { type: 241, fields: { bits: 'u16', epc: 'rest' } },
  'reader-event-notification-spec': { type: 244, fields: {} },
  'event-notification-state': { type: 245, fields: { event: 'u16', enabled: 'flag' } },
  'reader-event-notification-data': { type: 246, fields: {} },
  'gpi-event': { type: 248, fields: { port: 'u16', high: 'flag' } },
  'ro-spec-event': { type: 249, fields: { event: 'u8', roSpec: 'u32', preemptingRoSpec: 'u32' } },
  'report-buffer-level-warning-event': { type: 250, fields: { percent: 'u8' } },
  'report-buffer-overflow-error-event': { type: 251, fields: {} },
  'reader-exception-event': { type: 252, fields: { message: 'text' } },
  'antenna-event': { type: 255, fields: { event: 'u8', antenna: 'u16' } },
  'connection-attempt-event': { type: 256, fields: { status: 'u16' } },
  'connection-close-event': { type: 257, fields: {} },
  'llrp-status': { type: 287, fields: { code: 'u16', description: 'text' } },
  'field-error': { type: 288, fields: { field: 'u16', code: 'u16' } },
  'parameter-error': { type: 289, fields: { parameterType: 'u16', code: 'u16' } },
  /** `select`: 0x80 CRC, 0x40 PC, 0x20 XPC (1.1). */
  'c1g2-epc-memory-selector': { type: 348, fields: { select: 'u8' } },
  custom: { type: 1023, fields: { vendor: 'u32', subtype: 'u32', data: 'rest' } },
} as const satisfies Readonly<Record<string, { readonly type: number; readonly fields: Layout }>>;

/** Bits of `content` in a tag-report-content-selector [LLRP 1.0.1 section 16.2.7.1.1]. */
export const reportContent = {
  roSpec: 0x8000,
  specIndex: 0x4000,
  inventoryParameterSpec: 0x2000,
  antenna: 0x1000,
  channel: 0x0800,
  peakRssi: 0x0400,
  firstSeen: 0x0200,
  lastSeen: 0x0100,
  seenCount: 0x0080,
  accessSpec: 0x0040,
} as const;

type ParameterKind = keyof typeof layouts;

/** One known parameter: its fields beside its kind, and the parameters inside it when there are any. */
export type ParameterOf<K extends ParameterKind> = {
  readonly kind: K;
  readonly parameters?: readonly Parameter[];
} & FieldsOf<(typeof layouts)[K]['fields']>;

/** A TLV parameter that we do not know; its bytes are kept, as lower hex. */
interface UnknownParameter {
  readonly kind: 'unknown';
  readonly type: number;
  readonly value: string;
}

export type Parameter = { readonly [K in ParameterKind]: ParameterOf<K> }[ParameterKind] | UnknownParameter;

const kindsByType: ReadonlyMap<number, ParameterKind> = new Map(
  Object.entries(layouts).map(([kind, { type }]) => [type, kind as ParameterKind]),
);

const lastTvType = 127;
const tlvHeaderBytes = 4;
/** The deepest that the standard goes is 6; hostile bytes nest as deep as they are long. */
const maxDepth = 16;

/** Reads parameters up to the end of `reader`. Throws ProtocolError. */
export function readParameters(reader: ByteReader, tally: { skipped: number }, depth = 0): Parameter[] {
  if (depth > maxDepth) throw new ProtocolError('malformed', `parameters are nested deeper than ${maxDepth}`);
  const parameters: Parameter[] = [];
  while (reader.remaining > 0) {
    const parameter = reader.peek() >= 0x80 ? readTv(reader) : readTlv(reader, tally, depth);
    if (parameter) {
      parameters.push(parameter);
      continue;
    }
    // Nobody knows how long a TV parameter of an unknown number is: what stands behind it in its parent is lost.
    reader.bytes(reader.remaining);
    tally.skipped++;
  }
  return parameters;
}

function readTv(reader: ByteReader): Parameter | undefined {
  const kind = kindsByType.get(reader.u8() & 0x7f);
  if (kind === undefined) return undefined;
  return { kind, ...readFields(reader, layouts[kind].fields) } as Parameter;
}

function readTlv(reader: ByteReader, tally: { skipped: number }, depth: number): Parameter {
  const type = reader.u16() & 0x3ff;
  const length = reader.u16();
  if (length < tlvHeaderBytes) {
    throw new ProtocolError('malformed', `parameter ${type} says that it has ${length} bytes`);
  }
  const value = new ByteReader(reader.bytes(length - tlvHeaderBytes));
  const kind = kindsByType.get(type);
  if (kind === undefined || type <= lastTvType) {
    return { kind: 'unknown', type, ...(readFields(value, { value: 'rest' }) as { value: string }) };
  }
  const fields = readFields(value, layouts[kind].fields);
  const parameters = readParameters(value, tally, depth + 1);
  return { kind, ...fields, ...(parameters.length > 0 ? { parameters } : {}) } as Parameter;
}

/** Writes parameters one after another. Throws ProtocolError `malformed` for what LLRP cannot say. */
export function writeParameters(writer: ByteWriter, parameters: readonly Parameter[] = []): void {
  for (const parameter of parameters) {
    const type = parameter.kind === 'unknown' ? parameter.type : layouts[parameter.kind].type;
    if (type <= lastTvType && parameter.kind !== 'unknown') {
      writer.u8(0x80 | type);
      writeFields(writer, layouts[parameter.kind].fields, parameter);
      continue;
    }
    if (type > 0x3ff) throw new ProtocolError('malformed', `there is no parameter number ${type}`);
    const start = writer.length;
    writer.u16(type);
    writer.u16(0);
    if (parameter.kind === 'unknown') writer.bytes(fromHex(parameter.value));
    else {
      writeFields(writer, layouts[parameter.kind].fields, parameter);
      writeParameters(writer, parameter.parameters);
    }
    writer.setU16(start + 2, writer.length - start);
  }
}

/** The first parameter of a kind among `parameters`. */
export function findParameter<K extends ParameterKind>(
  parameters: readonly Parameter[] | undefined,
  kind: K,
): ParameterOf<K> | undefined {
  return allParameters(parameters, kind)[0];
}

/** Every parameter of a kind among `parameters`, in their order. */
export function allParameters<K extends ParameterKind>(
  parameters: readonly Parameter[] | undefined,
  kind: K,
): readonly ParameterOf<K>[] {
  return (parameters ?? []).filter((parameter): parameter is Parameter & ParameterOf<K> => parameter.kind === kind);
}
