import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { liveEventSchema, liveQuery } from '../../../protocols/api/live.ts';
import { NotFoundError, seesDevice } from '../../access/index.ts';
import type { RouteContext } from '../context.ts';
import { addRoute, problemResponses } from '../route.ts';

/** The stream of `hub/http/live.ts`. Who listens is asked again at every beat, so a session that ended hears no more. */
export function addLiveRoute(app: FastifyInstance, { features, live }: RouteContext): void {
  const { access, registry } = features;
  addRoute(app, {
    method: 'GET',
    url: '/live',
    tag: 'live',
    summary: 'Server-sent events: what changes within your scope',
    action: 'read',
    query: liveQuery,
    answer: z.unknown(),
    raw: {
      200: {
        description: 'A stream of events; each `data:` line is one JSON value',
        content: { 'text/event-stream': { schema: liveEventSchema } },
      },
      ...problemResponses,
    },
    handle: async ({ actor, scope, query, request, reply }) => {
      const device = query.device === undefined ? undefined : registry.deviceOf(query.device);
      if (query.device !== undefined && !(device && seesDevice(scope, device))) throw new NotFoundError();
      const { authorization, cookie } = request.headers;
      const stream = await live.open({
        personId: actor.id,
        reader: async () => {
          const now = await access.actorOf({ authorization, cookie });
          if (!now) return undefined;
          const seesQuarantine = now.scopeFor('view-quarantine').paths.length > 0;
          return {
            scope: now.scopeFor('read'),
            seesQuarantine,
            person: now.id,
            device: query.device,
            placeOf: (id: string) => registry.deviceOf(id),
          };
        },
      });
      reply.type('text/event-stream').header('x-accel-buffering', 'no');
      return stream;
    },
  });
}
