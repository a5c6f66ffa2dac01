import { attachmentOf } from '../../../../protocols/onvif/upkeep/multipart.ts';
import { getSystemLog, getSystemUris, type LogKind } from '../../../../protocols/onvif/upkeep/system.ts';
import type { DriverCommand } from '../../driver.ts';
import { DeviceError } from '../../error.ts';
import { relocate } from '../address.ts';
import type { CameraAspect, CameraScene, Output } from '../aspect.ts';
import { isRefusal } from '../failure.ts';

/** Longest log that is taken from a camera, and how much of its end goes into a result, counted as JSON: results are small. */
const maxLogBytes = 4 * 1024 * 1024;
const maxTextBytes = 16 * 1024;

/** What the camera itself has written down; read only when a person asks, because it names people and addresses. */
export function openLog(scene: CameraScene): CameraAspect {
  const hasLog = () => scene.survey().upkeep.logs.length > 0;
  return {
    survey: async () => undefined,
    offers: () => (hasLog() ? { log: { fetch: { run: (command, signal) => fetchLog(scene, command, signal) } } } : {}),
    report: () => {
      if (hasLog()) scene.context.reporter.report('log', { kinds: ['system', 'access'] });
    },
  };
}

async function fetchLog(scene: CameraScene, { args }: DriverCommand, signal: AbortSignal): Promise<Output> {
  const kind: LogKind = args['kind'] === 'access' ? 'access' : 'system';
  const bytes = await readLog(scene, kind, signal);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw new DeviceError('unsupported', 'the camera gives its log packed');
  const { text, isCut } = endOf(bytes, scene.context.device.credentials?.password);
  return { kind, text, sizeBytes: bytes.byteLength, cut: isCut };
}

/** By SOAP, else as a file. The first refusal is what counts when both refuse. */
async function readLog(scene: CameraScene, kind: LogKind, signal: AbortSignal): Promise<Uint8Array> {
  const { client } = scene;
  const ways = scene.survey().upkeep.logs;
  if (!ways.includes('soap')) return await readLogFile(scene, kind, signal);
  try {
    const asked = { signal, maxBytes: maxLogBytes };
    const { result, message } = await client.callWithParts(client.deviceService, getSystemLog(kind), asked);
    return 'text' in result ? Buffer.from(result.text, 'utf8') : attachmentOf(message, result.attachment);
  } catch (thrown) {
    if (!ways.includes('http') || !isRefusal(thrown)) throw thrown;
    return await readLogFile(scene, kind, signal).catch(() => {
      throw thrown;
    });
  }
}

async function readLogFile({ client }: CameraScene, kind: LogKind, signal: AbortSignal): Promise<Uint8Array> {
  const uris = await client.call(client.deviceService, getSystemUris(), { signal });
  const place = relocate(uris[kind] ?? '', client.origin);
  if (!place) throw new DeviceError('unavailable', `the camera has no ${kind} log`);
  return await client.fetch(place, { signal, maxBytes: maxLogBytes });
}

/** The newest part, from the beginning of a line, without control characters and without our own password. */
export function endOf(
  bytes: Uint8Array,
  password: string | undefined,
): { readonly text: string; readonly isCut: boolean } {
  const whole = new TextDecoder('utf-8').decode(bytes);
  const hidden = password ? whole.replaceAll(password, '***') : whole;
  const clean = Buffer.from(hidden.replace(/\r\n?/g, '\n').replace(/[^\P{C}\n\t]/gu, ' '), 'utf8');
  const text = newest(clean, maxTextBytes);
  const excess = jsonBytes(text) - maxTextBytes;
  // Each character that is left out takes at least its own bytes out of the JSON.
  const end = excess > 0 ? newest(clean, Buffer.byteLength(text) - excess) : text;
  return { text: end, isCut: Buffer.byteLength(end) < clean.byteLength };
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/** At most `limit` bytes from the end, from the beginning of a line where there is one. */
function newest(log: Buffer, limit: number): string {
  if (log.byteLength <= limit) return log.toString('utf8');
  const end = log.subarray(log.byteLength - limit);
  const lineEnd = end.indexOf('\n');
  let from = lineEnd >= 0 && lineEnd < end.byteLength - 1 ? lineEnd + 1 : 0;
  // Not in the middle of a character: continuation bytes are 10xxxxxx.
  while (((end[from] ?? 0) & 0xc0) === 0x80) from += 1;
  return end.subarray(from).toString('utf8');
}
