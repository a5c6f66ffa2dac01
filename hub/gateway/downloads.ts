import type { Server } from 'node:https';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FleetError, RecoverableError } from '../../protocols/errors.ts';
import { rangeOf } from './range.ts';

/** What agents may fetch. */
interface GatewayReleases {
  metadataFile(name: string): Promise<string | undefined>;
  /** Length of an artifact that is signed; undefined for every other. */
  servable(sha256: string): Promise<number | undefined>;
  read(sha256: string, from: number, to: number): Promise<Readable>;
}

export interface DownloadDeps {
  readonly releases: GatewayReleases;
  /** Of artifacts, at once. */
  readonly downloads: { readonly most: number; readonly mostAnAgent: number };
  readonly requireAgent: (request: FastifyRequest) => Promise<string>;
}

/** Signed metadata and artifacts, in parts after RFC 9110 section 14, for agents whose certificate is in force. */
export function addDownloads(
  server: FastifyInstance<Server>,
  { releases, downloads, requireAgent }: DownloadDeps,
): void {
  const running = new Map<string, number>();
  let all = 0;
  const begin = (agentId: string): (() => void) => {
    const own = running.get(agentId) ?? 0;
    if (all >= downloads.most || own >= downloads.mostAnAgent)
      throw new RecoverableError('downloads-full', 'Too many downloads run at once.');
    all++;
    running.set(agentId, own + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      all--;
      const left = (running.get(agentId) ?? 1) - 1;
      if (left === 0) running.delete(agentId);
      else running.set(agentId, left);
    };
  };

  server.get<{ Params: { file: string } }>('/agent/v1/releases/metadata/:file', async (request, reply) => {
    await requireAgent(request);
    const text = await releases.metadataFile(request.params.file);
    if (text === undefined) throw new MissingRelease();
    return reply.header('content-type', 'application/json').send(Buffer.from(text));
  });

  server.get<{ Params: { sha256: string } }>('/agent/v1/releases/artifacts/:sha256', async (request, reply) => {
    const agentId = await requireAgent(request);
    const { sha256 } = request.params;
    const length = /^[0-9a-f]{64}$/.test(sha256) ? await releases.servable(sha256) : undefined;
    if (length === undefined) throw new MissingRelease();
    const tag = `"${sha256}"`;
    const part = rangeOf(request.headers, length, tag);
    reply.headers({ 'accept-ranges': 'bytes', etag: tag, 'content-type': 'application/octet-stream' });
    if (part === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${length}`).send();
    const end = begin(agentId);
    reply.raw.once('close', end);
    try {
      return sendPart(reply, await releases.read(sha256, part.from, part.to), part, length);
    } catch (thrown) {
      end();
      throw thrown;
    }
  });
}

interface Part {
  readonly from: number;
  readonly to: number;
  readonly isPart: boolean;
}

function sendPart(reply: FastifyReply, bytes: Readable, { from, to, isPart }: Part, length: number): FastifyReply {
  reply.header('content-length', to - from + 1);
  if (isPart) reply.code(206).header('content-range', `bytes ${from}-${to}/${length}`);
  return reply.send(bytes);
}

/** Metadata or an artifact that is not there, or not signed. */
class MissingRelease extends FleetError {
  constructor() {
    super('release-not-found', 'There is no such file, or nothing signed stands for it.');
  }
}
