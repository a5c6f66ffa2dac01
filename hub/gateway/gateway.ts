import { constants } from 'node:crypto';
import type { Server } from 'node:https';
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import type { z } from 'zod';
import { toError } from '../../protocols/errors.ts';
import {
  type EnrolRequest,
  type EnrolResponse,
  enrolRequestSchema,
  type RenewRequest,
  type RenewResponse,
  renewRequestSchema,
} from '../../protocols/fleet/enrolment.ts';
import type { Log } from '../../protocols/ports.ts';
import type { PeerIdentity } from '../../provisioning/authority/index.ts';
import { addDownloads, type DownloadDeps } from './downloads.ts';
import { BadRequest, CertificateError, refusalFor } from './error.ts';
import { requirePeer } from './peer.ts';

interface GatewayTls {
  readonly keyPem: string;
  readonly chainPem: string;
  readonly clientTrustPems: readonly string[];
}

interface GatewayEnrolment {
  enrol(request: EnrolRequest, address: string): Promise<EnrolResponse>;
  renew(identity: PeerIdentity, request: RenewRequest, address: string): Promise<RenewResponse>;
  readonly credentials: {
    check(identity: PeerIdentity): Promise<{ readonly ok: true } | { readonly ok: false; readonly message: string }>;
  };
}

interface GatewayPictures {
  storePicture(agentId: string, commandId: string, contentType: string, bytes: Buffer): Promise<void>;
}

interface GatewayDeps {
  readonly tls: GatewayTls;
  readonly enrolment: GatewayEnrolment;
  readonly commands: GatewayPictures;
  /** Largest picture and the content types that are taken. */
  readonly pictures: { readonly maxBytes: number; readonly types: readonly string[] };
  /** What agents may fetch, and how many artifacts at once; nothing without it. */
  readonly releases?: Omit<DownloadDeps, 'requireAgent'>;
  readonly log: Log;
}

export interface Gateway extends AsyncDisposable {
  /** Begins to serve; returns the port. */
  listen(port: number, host?: string): Promise<number>;
  replaceTls(tls: GatewayTls): void;
}

const limits = {
  bodyBytes: 32 * 1024,
  handshakeMs: 10_000,
  /** Headers, and a whole request: a picture of 4 MiB over a slow school line. */
  headersMs: 10_000,
  requestMs: 60_000,
  keepAliveMs: 5_000,
  connections: 2_000,
} as const;

/** The HTTPS door for agents: a certificate for a voucher, a new one for an old one, and pictures that were asked for. */
export function createGateway(deps: GatewayDeps): Gateway {
  const { enrolment, commands, pictures, log } = deps;
  const server = createServer(deps.tls);

  server.setErrorHandler((thrown, request, reply) => {
    const { status, problem } = refusalFor(thrown);
    const fields = { route: request.routeOptions.url, address: request.ip, code: problem.code, status };
    if (status >= 500) log.error('gateway could not answer', { ...fields, error: toError(thrown) });
    else log.warn('gateway refused', { ...fields, reason: toError(thrown).message });
    return reply.status(status).send(problem);
  });
  server.setNotFoundHandler((_request, reply) =>
    reply.status(404).send({ code: 'not-found', message: 'There is nothing here.', retryable: false }),
  );

  server.post('/enrol', (request) => enrolment.enrol(parse(enrolRequestSchema, request.body), request.ip));

  server.post('/renew', (request) => {
    // The certificate may have run out a while ago; renewal itself decides how long ago is too long.
    const { identity } = requirePeer(request.raw.socket);
    return enrolment.renew(identity, parse(renewRequestSchema, request.body), request.ip);
  });

  server.register((scope, _options, registered) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      [...pictures.types],
      { parseAs: 'buffer', bodyLimit: pictures.maxBytes },
      (_r, body, done) => done(null, body),
    );
    const agents = new WeakMap<FastifyRequest['raw'], string>();
    scope.put<{ Params: { commandId: string } }>(
      '/v1/pictures/:commandId',
      {
        bodyLimit: pictures.maxBytes,
        // Before a byte of the body is read.
        onRequest: async (request) => {
          agents.set(request.raw, await requireAgent(request, enrolment));
        },
      },
      async (request, reply) => {
        const agentId = agents.get(request.raw);
        if (agentId === undefined) throw new CertificateError('certificate-required', 'No certificate.');
        const contentType = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
        const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        await commands.storePicture(agentId, request.params.commandId, contentType, bytes);
        return reply.status(204).send();
      },
    );
    registered();
  });

  if (deps.releases)
    addDownloads(server, { ...deps.releases, requireAgent: (request) => requireAgent(request, enrolment) });

  return {
    listen: async (port, host = '127.0.0.1') => {
      await server.listen({ port, host });
      const address = server.server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    },
    replaceTls: (tls) => server.server.setSecureContext(contextOf(tls)),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function createServer(tls: GatewayTls): FastifyInstance<Server> {
  const server = fastify({
    https: {
      ...contextOf(tls),
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: limits.handshakeMs,
      headersTimeout: limits.headersMs,
    },
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    maxRequestsPerSocket: 100,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 100 },
    trustProxy: false,
  });
  server.server.maxConnections = limits.connections;
  return server;
}

function contextOf(tls: GatewayTls) {
  return {
    key: tls.keyPem,
    cert: tls.chainPem,
    ca: [...tls.clientTrustPems],
    minVersion: 'TLSv1.2' as const,
    // No session is ever resumed: each connection proves its certificate anew.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/** The agent behind a request whose certificate is in force, by TLS and by the database. Throws CertificateError. */
async function requireAgent(request: FastifyRequest, enrolment: GatewayEnrolment): Promise<string> {
  const { identity, expired } = requirePeer(request.raw.socket);
  if (expired) throw new CertificateError('credential-refused', 'This certificate has run out. Renew it first.');
  const verdict = await enrolment.credentials.check(identity);
  if (!verdict.ok) throw new CertificateError('credential-refused', verdict.message);
  return identity.agentId;
}

function parse<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.map(String).join('.') || 'body';
  throw new BadRequest(`${where}: ${issue?.message ?? 'invalid'}`);
}
