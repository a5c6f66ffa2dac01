import { ProtocolError } from '../../bytes/error.ts';
import type { XmlElement } from '../xml.ts';

/** Whether an element stands for an attachment [XOP 1.0]. */
export function isInclude({ namespace, name }: XmlElement): boolean {
  return namespace === 'http://www.w3.org/2004/08/xop/include' && name === 'Include';
}

/** One part of a multipart/related message. */
interface Part {
  /** Without its angle brackets; empty when the part has none. */
  readonly id: string;
  readonly body: Uint8Array;
}

/** An MTOM message around an attachment of any length: what goes before its bytes, and what after them. */
export interface MtomFrame {
  readonly contentType: string;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

const rootId = 'envelope@edufleet';
const maxParts = 8;
const maxHeaderBytes = 4_096;

/** Writes the frame of an envelope with one attachment [MTOM 1.0 section 3, RFC 2387]. `boundary` must not occur in the attachment. */
export function buildMtomFrame(input: {
  readonly envelope: string;
  readonly action: string;
  readonly attachmentId: string;
  readonly boundary: string;
}): MtomFrame {
  const { envelope, action, attachmentId, boundary } = input;
  const soap = `type="application/soap+xml"; action="${action}"`;
  const before = [
    `--${boundary}`,
    `Content-Type: application/xop+xml; charset=utf-8; ${soap}`,
    'Content-Transfer-Encoding: 8bit',
    `Content-ID: <${rootId}>`,
    '',
    envelope,
    `--${boundary}`,
    'Content-Type: application/octet-stream',
    'Content-Transfer-Encoding: binary',
    `Content-ID: <${attachmentId}>`,
    '',
    '',
  ].join('\r\n');
  return {
    contentType: `multipart/related; type="application/xop+xml"; start="<${rootId}>"; start-info="application/soap+xml"; boundary="${boundary}"; action="${action}"`,
    before: Buffer.from(before, 'utf8'),
    after: Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1'),
  };
}

/** A multipart message taken apart: the part with the envelope, and the attachments by the id that `cid:` names. */
export interface MtomMessage {
  readonly envelope: Uint8Array;
  readonly attachments: ReadonlyMap<string, Uint8Array>;
}

/** Reads a multipart/related message; undefined for any other content type. Throws ProtocolError `malformed` | `oversize`. */
export function parseMtom(contentType: string | undefined, body: Uint8Array): MtomMessage | undefined {
  if (!/^\s*multipart\/related\b/i.test(contentType ?? '')) return undefined;
  const boundary = parameter(contentType ?? '', 'boundary');
  if (!boundary || boundary.length > 200) throw new ProtocolError('malformed', 'a multipart message without boundary');
  const parts = split(Buffer.from(body.buffer, body.byteOffset, body.byteLength), boundary);
  const start = withoutBrackets(parameter(contentType ?? '', 'start') ?? '');
  const root = parts.find(({ id }) => id !== '' && id === start) ?? parts[0];
  if (!root) throw new ProtocolError('malformed', 'a multipart message without parts');
  const attachments = new Map(parts.filter((part) => part !== root).map(({ id, body: bytes }) => [id, bytes]));
  return { envelope: root.body, attachments };
}

/** The attachment that a reference names [RFC 2392]. Throws ProtocolError `malformed` when the message has none of that id. */
export function attachmentOf(message: MtomMessage | undefined, reference: string): Uint8Array {
  const id = /^cid:/i.test(reference) ? decodeId(reference.slice(4)) : reference;
  const found = message?.attachments.get(id);
  if (!found) throw new ProtocolError('malformed', `the message has no attachment ${id.slice(0, 100)}`);
  return found;
}

function decodeId(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (thrown) {
    throw new ProtocolError('malformed', 'an attachment id that cannot be decoded', { cause: thrown });
  }
}

function split(body: Buffer, boundary: string): readonly Part[] {
  const parts: Part[] = [];
  const opening = Buffer.from(`--${boundary}`, 'latin1');
  const closing = Buffer.from(`\r\n--${boundary}`, 'latin1');
  let at = body.indexOf(opening);
  while (at >= 0) {
    const from = at + opening.length;
    if (body.subarray(from, from + 2).toString('latin1') === '--') return parts;
    const lineEnd = body.indexOf('\r\n', from, 'latin1');
    const end = body.indexOf(closing, from);
    if (lineEnd < 0 || end < 0) throw new ProtocolError('malformed', 'a multipart message that does not end');
    if (parts.length >= maxParts) throw new ProtocolError('oversize', `a multipart message of over ${maxParts} parts`);
    // The empty line of a part without headers is the line end of its boundary.
    parts.push(readPart(body.subarray(lineEnd, end)));
    at = end + 2;
  }
  throw new ProtocolError('malformed', 'a multipart message that does not end');
}

/** From the line end before the headers. */
function readPart(bytes: Buffer): Part {
  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  if (end < 0 || end > maxHeaderBytes) throw new ProtocolError('malformed', 'a part without end of its headers');
  const headers = bytes.subarray(0, end).toString('latin1');
  const id = /^content-id:[ \t]*(.*)$/im.exec(headers)?.[1] ?? '';
  return { id: withoutBrackets(id.trim()), body: bytes.subarray(end + 4) };
}

/** A parameter of a header value, quoted or not. */
function parameter(header: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^\\s;]+))`, 'i').exec(header);
  return match?.[1] ?? match?.[2];
}

function withoutBrackets(id: string): string {
  return id.replace(/^<(.*)>$/, '$1');
}
