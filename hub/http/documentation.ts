import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

/** The OpenAPI document of all routes that are added after this, and its page with assets of this machine. */
export async function documentRoutes(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Edufleet hub',
        version,
        description:
          'Errors are application/problem+json (RFC 9457). Lists go on by `cursor`. Unknown query keys are refused. ' +
          'What lies outside your scope is answered like what does not exist.',
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'edufleet.session_token' },
          token: { type: 'http', scheme: 'bearer' },
        },
      },
      tags: ['sign-in', 'me', 'organisation', 'fleet', 'commands', 'adoption', 'health', 'audit', 'live', 'system'].map(
        (name) => ({ name }),
      ),
    },
    transform: (route) => {
      const { schema, url } = jsonSchemaTransform(route);
      return { schema: withoutInstantPattern(schema), url };
    },
    transformObject: (document) => withoutInputTwins(withoutInstantPattern(jsonSchemaTransformObject(document))),
  });
}

/** `/docs` and `/openapi.json`. */
export async function serveDocumentation(app: FastifyInstance): Promise<void> {
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/docs')) route.config = { ...route.config, open: true };
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { docExpansion: 'list', validatorUrl: null, tryItOutEnabled: false },
    staticCSP: false,
  });
  app.route({
    method: 'GET',
    url: '/openapi.json',
    config: { open: true },
    schema: { hide: true },
    handler: async (_request, reply) => reply.type('application/json').send(JSON.stringify(app.swagger())),
  });
}

/** `format: date-time` says it all; the expression beside it is 300 characters at each of some hundred places. */
function withoutInstantPattern<T>(schema: T): T {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(withoutInstantPattern) as T;
  const instant = 'format' in schema && schema.format === 'date-time';
  const entries = Object.entries(schema).filter(([key]) => !(instant && key === 'pattern'));
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutInstantPattern(value)])) as T;
}

/** Each named schema comes twice, as read and as written. Ours are named only in answers, so the first goes. */
function withoutInputTwins<T extends object>(document: T): T {
  if (!('components' in document)) return document;
  const components = document.components as { readonly schemas?: object };
  const schemas = Object.entries(components.schemas ?? {}).filter(([name]) => !name.endsWith('Input'));
  return { ...document, components: { ...components, schemas: Object.fromEntries(schemas) } };
}
