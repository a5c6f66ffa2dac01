import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NotFoundError } from '../access/index.ts';

/** Addresses that belong to programs: what is not found there is an error, never the page. */
const programPaths = /^\/(api|docs|openapi\.json|healthz|readyz|metrics|version)(\/|\?|$)/;
const assetPath = /^\/assets\//;
const year = 'public, max-age=31536000, immutable';

/**
 * Serves the built dashboard from a folder. Every address of a page answers with its index, which asks for the rest;
 * files under `assets/` carry a hash in their name and never change.
 */
export async function serveDashboard(app: FastifyInstance, folder: string | undefined): Promise<void> {
  const built = folder !== undefined && existsSync(join(folder, 'index.html'));
  if (built) {
    app.addHook('onRoute', (route) => {
      if (route.url === '/*' || route.url === '/') route.config = { ...route.config, open: true };
    });
    await app.register(fastifyStatic, {
      root: folder,
      wildcard: true,
      cacheControl: false,
      index: ['index.html'],
      redirect: false,
      dotfiles: 'ignore',
      schemaHide: true,
      setHeaders: (reply, path) => {
        reply.header('cache-control', path.includes('/assets/') ? year : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler({ preHandler: [] }, async (request, reply) => {
    if (!isPage(request)) throw new NotFoundError();
    if (!built) return reply.code(404).type('text/plain; charset=utf-8').send(notBuilt);
    return index(reply);
  });
}

const notBuilt = 'The dashboard is not built here. Run `npm run build`, or use the API: /docs\n';

function index(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-cache').sendFile('index.html');
}

function isPage({ method, url, headers }: FastifyRequest): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return !programPaths.test(url) && !assetPath.test(url) && (headers.accept ?? '').includes('text/html');
}
