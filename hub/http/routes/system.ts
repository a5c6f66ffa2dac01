import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import { aliveSchema, readySchema, versionSchema } from '../../../protocols/api/system.ts';
import { toError } from '../../../protocols/errors.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';
import { ForbiddenError } from '../../access/index.ts';
import type { Features } from '../features.ts';
import { problemResponses } from '../route.ts';

/** A part that the hub needs in order to serve; `check` throws when it is not there. */
export interface ReadyCheck {
  readonly name: string;
  check(signal: AbortSignal): Promise<void>;
}

export interface SystemRouteOptions {
  readonly features: Features;
  readonly version: string;
  readonly ready: readonly ReadyCheck[];
  readonly metrics: Registry;
  readonly clock: Clock;
  readonly log: Log;
}

const checkMs = 2_000;
const nothing = z.strictObject({});

/** What machines ask: alive, ready, measured, which version. */
export function addSystemRoutes(app: FastifyInstance, options: SystemRouteOptions): void {
  app.route({
    method: 'GET',
    url: '/healthz',
    exposeHeadRoute: true,
    config: { open: true, vital: true },
    schema: {
      tags: ['system'],
      summary: 'Whether the process answers',
      querystring: nothing,
      response: { 200: aliveSchema, ...problemResponses },
    },
    handler: async () => ({ status: 'ok' as const }),
  });
  app.route({
    method: 'GET',
    url: '/readyz',
    exposeHeadRoute: true,
    config: { open: true, vital: true },
    schema: {
      tags: ['system'],
      summary: 'Whether database and broker are there',
      querystring: nothing,
      response: { 200: readySchema, 503: readySchema },
    },
    handler: async (_request, reply) => {
      const parts = Object.fromEntries(await Promise.all(options.ready.map((part) => outcomeOf(part, options))));
      const ready = Object.values(parts).every((outcome) => outcome === 'ok');
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not-ready', parts });
    },
  });
  app.route({
    method: 'GET',
    url: '/version',
    config: { open: true },
    schema: {
      tags: ['system'],
      summary: 'Name and version of the hub',
      querystring: nothing,
      response: { 200: versionSchema, ...problemResponses },
    },
    handler: async () => ({ name: 'edufleet-hub', version: options.version }),
  });
  app.route({
    method: 'GET',
    url: '/metrics',
    config: { open: true, vital: true },
    schema: {
      tags: ['system'],
      summary: 'Prometheus metrics, from this machine or for a reader of the whole province',
      response: {
        200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } },
        ...problemResponses,
      },
    },
    // The text format is no JSON.
    serializerCompiler: () => (text) => String(text),
    handler: async (request, reply) => {
      await requireMetricsReader(options.features, request);
      return reply.type(options.metrics.contentType).send(await options.metrics.metrics());
    },
  });
}

async function outcomeOf(part: ReadyCheck, { clock, log }: SystemRouteOptions): Promise<[string, 'ok' | 'failed']> {
  using deadline = clock.deadline(checkMs);
  const { signal } = deadline;
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(toError(signal.reason)), { once: true });
  });
  try {
    await Promise.race([part.check(signal), late]);
    return [part.name, 'ok'];
  } catch (thrown) {
    log.warn('a part of the hub is not ready', { part: part.name, error: toError(thrown) });
    return [part.name, 'failed'];
  }
}

/** A request that a proxy on this machine passed on is not from this machine. */
async function requireMetricsReader(features: Features, request: FastifyRequest): Promise<void> {
  const { headers, socket } = request;
  const forwarded = headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined;
  const { remoteAddress = '' } = socket;
  if (!forwarded && /^(::1|(::ffff:)?127\.)/.test(remoteAddress)) return;
  const actor = await features.access.actorOf(headers);
  const whole = actor?.scopeFor('read').paths.some((path) => /^\/\d+\/$/.test(path));
  if (!whole) throw new ForbiddenError('Metrics are for this machine and for readers of the whole province.');
}
