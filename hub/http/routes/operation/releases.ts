import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  createReleaseBody,
  preflightBody,
  preflightSchema,
  releaseMetadataBody,
  releaseSchema,
  releasesPage,
  releasesQuery,
  releaseTrustSchema,
} from '../../../../protocols/api/releases/releases.ts';
import { FatalError } from '../../../../protocols/errors.ts';
import { InvalidInputError } from '../../../access/index.ts';
import { type RouteContext, scopeOfUnit } from '../../context.ts';
import { actorOf, addRoute, problemResponses } from '../../route.ts';

const releaseParams = z.object({ id: z.string().regex(/^[a-z0-9-]{1,64}$/) });
const contentType = 'application/offset+octet-stream';

/** Releases, the metadata that signs them, and where they would fit. There is one list for the province. */
export function addReleaseRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { releases, audit } = features;
  addRoute(app, {
    method: 'GET',
    url: '/releases',
    tag: 'releases',
    summary: 'What may be brought to devices and agents, newest first',
    action: 'read',
    query: releasesQuery,
    answer: releasesPage,
    handle: ({ query }) => releases.list(query),
  });
  addRoute(app, {
    method: 'GET',
    url: '/releases/trust',
    tag: 'releases',
    summary: 'Which signed metadata stands, and the key with which this hub completes it',
    action: 'read',
    answer: releaseTrustSchema,
    handle: () => releases.trust(),
  });
  addRoute(app, {
    method: 'GET',
    url: '/releases/:id',
    tag: 'releases',
    summary: 'One release',
    action: 'read',
    params: releaseParams,
    answer: releaseSchema,
    handle: ({ params }) => releases.get(params.id),
  });
  addRoute(app, {
    method: 'POST',
    url: '/releases',
    tag: 'releases',
    summary: 'Announce a release; its bytes follow by PATCH to its content',
    action: 'manage-releases',
    body: createReleaseBody,
    answer: releaseSchema,
    status: 201,
    handle: async ({ scope, actor, body, request }) => {
      const made = await releases.create(scope, actor, body);
      await audit.append({
        actor: actor.id,
        action: 'release.create',
        subject: `release:${made.id}`,
        origin: request.ip,
        detail: { name: made.name, version: made.version, counter: made.releaseCounter, sha256: made.sha256 },
      });
      return made;
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/releases/metadata',
    tag: 'releases',
    summary: 'Take root or targets metadata that was signed away from here',
    action: 'manage-releases',
    body: releaseMetadataBody,
    answer: releaseTrustSchema,
    handle: async ({ scope, actor, body, request }) => {
      const trust = await releases.takeMetadata(scope, actor, body.role, body.text);
      const version = body.role === 'root' ? trust.root?.version : trust.targets?.version;
      await audit.append({
        actor: actor.id,
        action: 'release.metadata',
        subject: `release-metadata:${body.role}`,
        origin: request.ip,
        detail: { version: version ?? null },
      });
      return trust;
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/releases/:id/preflight',
    tag: 'releases',
    summary: 'Which of your devices it fits, and why not the others; nothing is changed',
    action: 'read',
    params: releaseParams,
    body: preflightBody,
    answer: preflightSchema,
    handle: ({ scope, params, body }) =>
      releases.preflightView(scopeOfUnit(features, scope, body.unit), params.id, body),
  });
  addRoute(app, {
    method: 'DELETE',
    url: '/releases/:id',
    tag: 'releases',
    summary: 'Withdraw a release: it is never offered again',
    action: 'manage-releases',
    params: releaseParams,
    answer: releaseSchema,
    handle: async ({ scope, actor, params, request }) => {
      const gone = await releases.withdraw(scope, actor, params.id);
      const entry = { actor: actor.id, action: 'release.withdraw', subject: `release:${gone.id}`, origin: request.ip };
      await audit.append({ ...entry, detail: { name: gone.name, version: gone.version } });
      return gone;
    },
  });
}

/**
 * The bytes of a release after tus 1.0.0, core protocol: HEAD tells the offset, PATCH appends there. A PATCH takes at most
 * 30 s; what arrived stays, and the next one goes on. They stand alone: nothing else of the API takes a stream.
 */
export function addReleaseContentRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { releases } = features;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(contentType, (_request, bytes, done) => done(null, bytes));
  const route = {
    url: '/releases/:id/content',
    config: { action: 'manage-releases' as const },
  };
  const schema = {
    tags: ['releases'],
    security: [{ session: [] }, { token: [] }],
    params: releaseParams,
    response: { 204: z.unknown(), ...problemResponses },
  };
  const tell = (reply: FastifyReply, { offset, length }: { readonly offset: number; readonly length: number }) =>
    reply.headers({ 'tus-resumable': '1.0.0', 'upload-offset': offset, 'upload-length': length });
  app.route({
    ...route,
    method: 'HEAD',
    schema: { ...schema, summary: 'How many bytes of a release the hub has (tus 1.0, section Core Protocol, HEAD)' },
    handler: async (request: FastifyRequest, reply) => {
      const { id } = request.params as z.output<typeof releaseParams>;
      return tell(reply, await releases.upload(id))
        .code(200)
        .send();
    },
  });
  app.route({
    ...route,
    method: 'PATCH',
    schema: {
      ...schema,
      summary: 'Append bytes of a release at Upload-Offset (tus 1.0, section Core Protocol, PATCH)',
    },
    handler: async (request: FastifyRequest, reply) => {
      const { id } = request.params as z.output<typeof releaseParams>;
      const offset = String(request.headers['upload-offset'] ?? '');
      if (!/^(?:0|[1-9]\d{0,14})$/.test(offset))
        throw new InvalidInputError('Upload-Offset', 'Say in this header at which byte the body begins.');
      if (!isStream(request.body)) throw new FatalError('invalid-input', `Send the bytes as ${contentType}.`);
      return tell(
        reply,
        await releases.append(actorOf(request).scopeFor('manage-releases'), id, Number(offset), request.body),
      )
        .code(204)
        .send();
    },
  });
}

function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
