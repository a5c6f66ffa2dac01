import { promisify } from 'node:util';
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib';
import { z } from 'zod';
import { FatalError, toError } from '../../protocols/errors.ts';
import { problemSchema } from '../../protocols/fleet/problem.ts';
import { descriptorSchema } from '../../protocols/fleet/record.ts';
import { isText } from '../probe/secrets.ts';
import { stepNames } from '../probe/steps.ts';
import type { WireContent } from '../probe/wire-event.ts';

/** Bytes as a person reads them best: as text where they are text. */
const payload = z.union([z.strictObject({ text: z.string() }), z.strictObject({ base64: z.string() })]);
const headers = z.record(z.string(), z.array(z.string()));
const address = z.object({ host: z.string().max(255), port: z.int().min(1).max(65_535) });

const content = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('bytes'), payload }),
  z.object({ kind: z.literal('datagram'), payload, peer: address }),
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({ kind: z.literal('request'), method: z.string(), url: z.string(), headers, payload }),
  z.object({ kind: z.literal('response'), status: z.int(), headers, payload }),
  z.object({ kind: z.literal('call'), program: z.string(), args: z.array(z.string()) }),
  z.object({ kind: z.literal('result'), exitCode: z.int(), stdout: z.string(), stderr: z.string() }),
]);

const connection = z.object({
  id: z.int().min(1),
  port: z.enum(['tcp', 'udp', 'http', 'websocket', 'program']),
  target: address.optional(),
  isSecure: z.boolean(),
  startedAtMs: z.int().min(0),
  isOpened: z.boolean(),
  failure: problemSchema.optional(),
  /** Who ended it; absent when nobody had until the end of the conversation. */
  end: z.enum(['peer', 'us']).optional(),
  /** Oldest frames that were given up because of the bounds, or could not be scrubbed. */
  dropped: z.int().min(0),
  frames: z.array(z.object({ atMs: z.int().min(0), way: z.enum(['out', 'in']), content })),
});

/** One conversation with one device, without secrets: evidence for a person, and a test vector that can be played back. */
export const bundleSchema = z.object({
  format: z.literal('edufleet-capture'),
  version: z.literal(1),
  agentVersion: z.string().max(40),
  family: z.string().regex(/^[a-z0-9-]{1,40}$/),
  device: z.object({
    name: z.string(),
    address: z.object({ host: z.string().max(255), port: z.int().optional() }).optional(),
    settings: z.record(z.string(), z.unknown()),
    /** Placeholders, where there were credentials: whoever plays this back signs in with them. */
    credentials: z.object({ username: z.string().optional(), password: z.string().optional() }).optional(),
  }),
  /** The wall clock at the start. */
  startedAt: z.int(),
  /** What the driver read from it, in milliseconds since the start. */
  clockReads: z.array(z.int()).max(4_096),
  steps: z.array(
    z.object({
      name: z.enum(stepNames),
      status: z.enum(['ok', 'failed', 'skipped', 'not-needed']),
      ms: z.number().optional(),
      facts: z.array(z.string()),
      cause: z.string().optional(),
      detail: z.string().optional(),
    }),
  ),
  failure: z.object({ phase: z.enum(['connect', 'poll', 'close']), problem: problemSchema }).optional(),
  descriptor: descriptorSchema.optional(),
  states: z.record(z.string(), z.unknown()),
  samples: z.record(z.string(), z.number()),
  events: z.array(z.object({ capability: z.string(), name: z.string(), severity: z.string(), data: z.unknown() })),
  connections: z.array(connection),
  /** Whole connections that were given up because of the bounds. */
  lostConnections: z.int().min(0),
  /** Whether everything is there that a driver needs to come to the same states. */
  isReplayable: z.boolean(),
});
export type Bundle = z.infer<typeof bundleSchema>;
export type BundleConnection = Bundle['connections'][number];
export type BundleContent = BundleConnection['frames'][number]['content'];

function toPayload(bytes: Uint8Array): z.infer<typeof payload> {
  return isText(bytes) ? { text: Buffer.from(bytes).toString() } : { base64: Buffer.from(bytes).toString('base64') };
}

export function fromPayload(stored: z.infer<typeof payload>): Uint8Array {
  return 'text' in stored ? Buffer.from(stored.text) : Buffer.from(stored.base64, 'base64');
}

/** Content as it is kept. */
export function toStored(seen: WireContent): BundleContent {
  switch (seen.kind) {
    case 'bytes':
      return { kind: 'bytes', payload: toPayload(seen.bytes) };
    case 'datagram':
      return { kind: 'datagram', payload: toPayload(seen.bytes), peer: { ...seen.peer } };
    case 'request':
    case 'response': {
      const { body, headers: seenHeaders, ...rest } = seen;
      const lists = Object.entries(seenHeaders).map(([name, values]) => [name, [...values]]);
      return { ...rest, headers: Object.fromEntries(lists), payload: toPayload(body) };
    }
    case 'call':
      return { ...seen, args: [...seen.args] };
    default:
      return seen;
  }
}

const compressors = {
  '.gz': { pack: promisify(gzip), unpack: promisify(gunzip) },
  '.zst': { pack: promisify(zstdCompress), unpack: promisify(zstdDecompress) },
} as const;
/** Largest bundle that is read, unpacked. */
const maxBytes = 32 * 1_024 * 1_024;

function compressorFor(path: string) {
  return Object.entries(compressors).find(([ending]) => path.endsWith(ending))?.[1];
}

/** The bytes of a bundle in a file called `path`: JSON, packed by gzip or zstd where the name says so. */
export async function encodeBundle(bundle: Bundle, path: string): Promise<Uint8Array> {
  const bytes = Buffer.from(`${JSON.stringify(bundle, undefined, 1)}\n`);
  return (await compressorFor(path)?.pack(bytes)) ?? bytes;
}

/** Throws FatalError `invalid-bundle`. */
export async function decodeBundle(bytes: Uint8Array, path: string): Promise<Bundle> {
  try {
    const plain = (await compressorFor(path)?.unpack(bytes, { maxOutputLength: maxBytes })) ?? bytes;
    return bundleSchema.parse(JSON.parse(Buffer.from(plain).toString()));
  } catch (thrown) {
    throw new FatalError('invalid-bundle', `${path} is no capture of a device: ${toError(thrown).message}`);
  }
}
