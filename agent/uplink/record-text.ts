import { FatalError } from '../../protocols/errors.ts';
import { type RecordBody, recordSchema } from '../../protocols/fleet/record.ts';

/** JSON of a record without its number, and its length in bytes of UTF-8. */
export interface RecordText {
  readonly text: string;
  readonly bytes: number;
}

/** Longest JSON of one record, so that each fits into a frame of any size that we send. */
const maxRecordBytes = 64 * 1024;

/**
 * Checks a record once, where it is made: nothing malformed may block a lane later. Unknown keys are dropped.
 * Throws FatalError `invalid-record` | `record-too-large`.
 */
export function recordText(record: RecordBody): RecordText {
  const parsed = recordSchema.safeParse({ ...record, seq: 1 });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new FatalError('invalid-record', `${record.kind}: ${issue?.path.join('.') || 'record'}: ${issue?.message}`);
  }
  const { seq: _placeholder, ...body } = parsed.data;
  const text = JSON.stringify(body);
  const bytes = Buffer.byteLength(text);
  if (bytes > maxRecordBytes) {
    throw new FatalError('record-too-large', `${record.kind}: ${bytes} bytes, a record takes ${maxRecordBytes}`);
  }
  return { text, bytes };
}

/** The JSON of a record under its number. */
export function numbered(seq: number, text: string): string {
  return `{"seq":${seq},${text.slice(1)}`;
}
