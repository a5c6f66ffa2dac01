import { ProtocolError } from '../bytes/error.ts';

/** Bytes of a sync header: a four-letter id and a length, little-endian (adb SYNC.TXT). */
export const syncHeaderBytes = 8;
/** Largest piece of a file (SYNC.TXT: "a max of 64k"). */
const syncChunkBytes = 65_536;

const maxPathBytes = 1_024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Begins to send a file to `path` with permission bits `mode`. Throws ProtocolError `oversize` or `malformed`. */
export function encodeSend(path: string, mode: number): Uint8Array {
  if (!path.startsWith('/') || /[\0,]/.test(path))
    throw new ProtocolError('malformed', 'a path is absolute, without comma');
  const bytes = encoder.encode(`${path},${mode}`);
  if (bytes.length > maxPathBytes) throw new ProtocolError('oversize', `a path of ${bytes.length} bytes`);
  return packet('SEND', bytes.length, bytes);
}

/** A file, or the next part of one, cut in order into packets with their headers. */
export function* encodeFile(file: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < file.length; at += syncChunkBytes) {
    const piece = file.subarray(at, at + syncChunkBytes);
    yield packet('DATA', piece.length, piece);
  }
}

/** Ends the file; `mtimeSeconds` becomes its time of change. */
export function encodeDone(mtimeSeconds: number): Uint8Array {
  return packet('DONE', mtimeSeconds);
}

/** Ends the sync session. */
export function encodeQuit(): Uint8Array {
  return packet('QUIT', 0);
}

/** The device's verdict on a file; `fail` is followed by `reasonBytes` bytes of text. */
export type SyncStatus = { readonly kind: 'okay' } | { readonly kind: 'fail'; readonly reasonBytes: number };

/** Reads a header of the device. Throws ProtocolError `truncated`, `malformed`, or `oversize` for a reason beyond `maxBytes`. */
export function decodeSyncStatus(header: Uint8Array, maxBytes: number): SyncStatus {
  if (header.length < syncHeaderBytes) throw new ProtocolError('truncated', 'a sync header has eight bytes');
  const id = decoder.decode(header.subarray(0, 4));
  if (id === 'OKAY') return { kind: 'okay' };
  if (id !== 'FAIL') throw new ProtocolError('malformed', 'a sync answer is neither OKAY nor FAIL');
  const reasonBytes = new DataView(header.buffer, header.byteOffset, header.byteLength).getUint32(4, true);
  if (reasonBytes > maxBytes) throw new ProtocolError('oversize', `a reason of ${reasonBytes} bytes`);
  return { kind: 'fail', reasonBytes };
}

function packet(id: string, length: number, body: Uint8Array = new Uint8Array()): Uint8Array {
  if (!Number.isInteger(length) || length < 0 || length > 0xffff_ffff) {
    throw new ProtocolError('malformed', `${length} does not fit in 32 bits`);
  }
  const bytes = new Uint8Array(syncHeaderBytes + body.length);
  bytes.set(encoder.encode(id));
  new DataView(bytes.buffer).setUint32(4, length, true);
  bytes.set(body, syncHeaderBytes);
  return bytes;
}
