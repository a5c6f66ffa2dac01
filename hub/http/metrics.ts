import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client';
import type { LiveStreams } from './live.ts';
import type { OverloadWatch } from './overload.ts';

/** Counts requests by route template (never by id), and tells what the process itself does. */
export function measureHttp(
  app: FastifyInstance,
  registry: Registry,
  { live, overload }: { readonly live: LiveStreams; readonly overload: OverloadWatch },
): void {
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'edufleet_http_request_duration_seconds',
    help: 'Time from request to the end of the answer, by route template',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  new Gauge({
    name: 'edufleet_http_live_streams',
    help: 'Open streams of server-sent events',
    registers: [registry],
    collect() {
      this.set(live.count);
    },
  });
  new Gauge({
    name: 'edufleet_event_loop_delay_p99_seconds',
    help: '99th percentile of the event loop delay over the last second',
    registers: [registry],
    collect() {
      this.set(overload.delayMs / 1000);
    },
  });
  app.addHook('onResponse', async (request, reply) => {
    duration.observe(
      {
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: `${Math.floor(reply.statusCode / 100)}xx`,
      },
      reply.elapsedTime / 1000,
    );
  });
}
