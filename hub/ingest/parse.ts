import { toError } from '../../protocols/errors.ts';
import { channels } from '../../protocols/fleet/channels.ts';
import { epochSchema, frameLimits } from '../../protocols/fleet/frame.ts';
import { unpackJson } from '../../protocols/fleet/payload.ts';
import { laneSchema } from '../../protocols/fleet/record.ts';
import type { Entry, Flaw, Frame, FrameHeader, ParsedPayload, SamplesRecord } from './frame.ts';
import { type CheckContext, checkRecord, isNumber, isTick } from './record-check.ts';

/**
 * Reads a payload of `up/frames` so that every number which it claims is accounted for, whatever is wrong with it:
 *
 * - a record that breaks its schema is `bad` and covers its number; its neighbours are taken;
 * - numbers that no record stands for are a `hole`; a record that repeats a number is a stray;
 * - when only the header is readable, the whole frame is one `bad` entry: the agent is told that it is stored, and goes on;
 * - when not even the header is, the payload is `unreadable`: nothing can be acknowledged.
 */
export function parseFrame(payload: Uint8Array, context: CheckContext): ParsedPayload {
  let value: unknown;
  try {
    if (payload.length > channels['up/frames'].maxBytes)
      throw new Error(`${payload.length} bytes, the channel takes ${channels['up/frames'].maxBytes}`);
    value = unpackJson(payload);
  } catch (thrown) {
    const flaw: Flaw = { code: 'unreadable-frame', message: toError(thrown).message, payload };
    const header = headerInText(payload);
    return header ? wholeBad(header, flaw) : { kind: 'unreadable', flaw };
  }
  const header = headerOf(value);
  if (!header) return { kind: 'unreadable', flaw: { code: 'bad-header', message: 'no frame header', payload } };
  const { records } = value as { readonly records?: unknown };
  if (!Array.isArray(records) || records.length === 0 || records.length > frameLimits.records) {
    const message = `a frame has 1 to ${frameLimits.records} records`;
    return wholeBad(header, { code: 'bad-frame', message, payload });
  }
  return (
    asTicks(header, records, payload, context) ?? { ...header, kind: 'entries', ...walk(header, records, context) }
  );
}

function wholeBad(header: FrameHeader, flaw: Flaw): Frame {
  const { from, through } = header;
  return { ...header, kind: 'entries', entries: [{ kind: 'bad', from, through, flaw }], strays: [] };
}

function headerOf(value: unknown): FrameHeader | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { epoch, lane, from, through } = value as Record<string, unknown>;
  if (typeof epoch !== 'string' || !epochSchema.safeParse(epoch).success) return undefined;
  const known = laneSchema.safeParse(lane);
  if (!known.success || !isNumber(from) || !isNumber(through) || through < from) return undefined;
  return { epoch, lane: known.data, from, through };
}

/** A frame that was cut off still tells at its front what it is. */
function headerInText(payload: Uint8Array): FrameHeader | undefined {
  const text = Buffer.from(payload.subarray(0, 400)).toString('latin1');
  const field = (name: string, pattern: string) => new RegExp(`"${name}"\\s*:\\s*${pattern}`).exec(text)?.[1];
  const [from, through] = [field('from', '(\\d{1,15})\\s*[,}]'), field('through', '(\\d{1,15})\\s*[,}]')];
  return headerOf({
    epoch: field('epoch', '"([0-9a-z]+)"'),
    lane: field('lane', '"([a-z]+)"'),
    from: from === undefined ? undefined : Number(from),
    through: through === undefined ? undefined : Number(through),
  });
}

/** The usual frame of samples; undefined when anything in it asks for a closer look. */
function asTicks(
  header: FrameHeader,
  records: readonly unknown[],
  payload: Uint8Array,
  context: CheckContext,
): Frame | undefined {
  if (header.lane !== 'samples' || records.length !== header.through - header.from + 1) return undefined;
  const ticks: SamplesRecord[] = [];
  for (const record of records) {
    if (!isTick(record, context) || record.seq !== header.from + ticks.length) return undefined;
    ticks.push(record);
  }
  return { ...header, kind: 'ticks', ticks, payload };
}

function walk(
  { lane, from, through }: FrameHeader,
  records: readonly unknown[],
  context: CheckContext,
): { readonly entries: Entry[]; readonly strays: Flaw[] } {
  const entries: Entry[] = [];
  const strays: Flaw[] = [];
  let next = from;
  const hole = (until: number) => {
    if (until < next) return;
    const message = `nothing stands for the numbers ${next} to ${until}`;
    entries.push({ kind: 'hole', from: next, through: until, flaw: { code: 'frame-gap', message, payload: noBytes } });
    next = until + 1;
  };
  for (const value of records) {
    const checked = checkRecord(value, lane, context);
    const claim = claimOf(value, next);
    const bytes = () => Buffer.from(JSON.stringify(value) ?? '');
    if (claim.from < next || claim.through > through) {
      const message = `a record for ${claim.from} to ${claim.through}, where ${next} to ${through} is left`;
      strays.push({ code: 'out-of-place', message, payload: bytes() });
      continue;
    }
    hole(claim.from - 1);
    if ('refusal' in checked) entries.push({ kind: 'bad', ...claim, flaw: { ...checked.refusal, payload: bytes() } });
    else if (checked.record.kind === 'shed') entries.push({ kind: 'shed', ...claim });
    else entries.push({ kind: 'record', ...claim, record: checked.record });
    next = claim.through + 1;
  }
  hole(through);
  return { entries, strays };
}

const noBytes = new Uint8Array(0);

/** The numbers that a record claims, sound or not; a record that tells none takes the next. */
function claimOf(value: unknown, next: number): { readonly from: number; readonly through: number } {
  const { kind, seq, from } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (!isNumber(seq)) return { from: next, through: next };
  return { from: kind === 'shed' && isNumber(from) && from <= seq ? from : seq, through: seq };
}
