import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ProtocolError } from '../bytes/error.ts';
import { toError } from '../errors.ts';
import { type ChannelName, type ChannelPayload, channels } from './channels.ts';

/** Above this many bytes a payload is sent as one zstd frame (RFC 8878); JSON begins with `{`, zstd with its magic number. */
const compressFromBytes = 1024;
const zstdMagic = 0xfd2fb528;
/** The most that a payload may unpack to: a guard against bombs. */
const maxPlainBytes = 1024 * 1024;

/** JSON of a value of this channel, packed when large. Unknown keys never leave. Throws ProtocolError. */
export function encodePayload<C extends ChannelName>(channel: C, value: ChannelPayload<C>): Buffer {
  const parsed = channels[channel].schema.safeParse(value);
  if (!parsed.success) throw new ProtocolError('malformed', `${channel}: ${firstIssue(parsed.error)}`);
  const bytes = packJson(parsed.data);
  if (bytes.length > channels[channel].maxBytes) {
    throw new ProtocolError(
      'oversize',
      `${channel}: ${bytes.length} bytes, the channel takes ${channels[channel].maxBytes}`,
    );
  }
  return bytes;
}

/** Checks and returns the value of a payload; unknown keys are dropped. Throws ProtocolError. */
export function decodePayload<C extends ChannelName>(channel: C, payload: Uint8Array): ChannelPayload<C> {
  if (payload.length > channels[channel].maxBytes) {
    throw new ProtocolError(
      'oversize',
      `${channel}: ${payload.length} bytes, the channel takes ${channels[channel].maxBytes}`,
    );
  }
  const parsed = channels[channel].schema.safeParse(unpackJson(payload));
  if (!parsed.success) throw new ProtocolError('malformed', `${channel}: ${firstIssue(parsed.error)}`);
  return parsed.data as ChannelPayload<C>;
}

/** JSON text of a value, as a zstd frame from 1 KiB up. */
export function packJson(value: unknown): Buffer {
  return packText(JSON.stringify(value));
}

/** As `packJson`, for a value that is JSON text already. */
export function packText(json: string): Buffer {
  const plain = Buffer.from(json);
  if (plain.length <= compressFromBytes) return plain;
  return zstdCompressSync(plain, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
}

/** The value in a payload of either form. Throws ProtocolError `malformed` or `oversize`. */
export function unpackJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(plainOf(payload).toString('utf8'));
  } catch (thrown) {
    if (thrown instanceof ProtocolError) throw thrown;
    throw new ProtocolError('malformed', 'the payload is neither JSON nor a zstd frame of JSON', {
      cause: toError(thrown),
    });
  }
}

function plainOf(payload: Uint8Array): Buffer {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  if (bytes.length < 4 || bytes.readUInt32LE(0) !== zstdMagic) return bytes;
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: maxPlainBytes });
  } catch (thrown) {
    const error = toError(thrown);
    const code = 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE' ? 'oversize' : 'malformed';
    throw new ProtocolError(code, `the zstd frame does not unpack within ${maxPlainBytes} bytes`, { cause: error });
  }
}

function firstIssue(error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.map(String).join('.') || '(root)'}: ${issue.message}` : 'invalid';
}
