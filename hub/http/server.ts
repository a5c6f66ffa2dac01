import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify, type RouteOptions } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Registry } from 'prom-client';
import { FatalError, RecoverableError, toError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import { InvalidInputError, NotFoundError } from '../access/index.ts';
import { isDataError, toStoreError } from '../store/index.ts';
import { acceptJsonOnly, findUnstorable } from './body.ts';
import type { RouteContext } from './context.ts';
import { serveDashboard } from './dashboard-files.ts';
import { documentRoutes, serveDocumentation } from './documentation.ts';
import type { Features } from './features.ts';
import { IdempotentAnswers } from './idempotency.ts';
import { LiveStreams } from './live.ts';
import { measureHttp } from './metrics.ts';
import { isForeign } from './origin.ts';
import { type OverloadWatch, watchOverload } from './overload.ts';
import { toProblemAnswer } from './problem.ts';
import { actorOf, requireAction, requireReady } from './route.ts';
import { addAgentRoutes } from './routes/agents.ts';
import { addDeviceRoutes } from './routes/devices.ts';
import { addFileRoutes, addImportRoutes } from './routes/imports.ts';
import { addInsightRoutes } from './routes/insight.ts';
import { addLiveRoute } from './routes/live.ts';
import { addAvailabilityRoutes } from './routes/operation/availability.ts';
import { addCalendarFileRoute, addCalendarRoutes } from './routes/operation/calendar.ts';
import { addCommandBatchRoutes } from './routes/operation/command-batches.ts';
import { addCommandRoutes } from './routes/operation/commands.ts';
import { addConfigurationRoutes } from './routes/operation/configuration.ts';
import { addNotificationChannelRoutes } from './routes/operation/notification-channels.ts';
import { addNotificationRoutes } from './routes/operation/notifications.ts';
import { addPolicyRoutes } from './routes/operation/policies.ts';
import { addProblemRoutes } from './routes/operation/problems.ts';
import { addReleaseContentRoutes, addReleaseRoutes } from './routes/operation/releases.ts';
import { addOrganisationRoutes } from './routes/organisation.ts';
import { addMeRoutes } from './routes/people/me.ts';
import { addPasskeyRoutes } from './routes/people/passkeys.ts';
import { addPeopleRoutes } from './routes/people/people.ts';
import { addSignInRoutes } from './routes/people/sign-in.ts';
import { addSingleSignOnRoutes } from './routes/people/single-sign-on.ts';
import { addSupplierRoutes } from './routes/people/suppliers.ts';
import { addTwoFactorRoutes } from './routes/people/two-factor.ts';
import { addProposalRoutes } from './routes/proposals.ts';
import { addSystemRoutes, type ReadyCheck } from './routes/system.ts';
import { addUnitRoutes } from './routes/units.ts';
import { addVoucherRoutes } from './routes/vouchers.ts';

export interface HttpServerOptions {
  readonly features: Features;
  readonly version: string;
  /** Address that people use, e.g. `https://fleet.example`. */
  readonly publicUrl: string;
  /** Addresses of reverse proxies whose `X-Forwarded-*` are believed; nobody's when empty. */
  readonly trustProxy: readonly string[];
  /** Folder of the built dashboard; none is served without it. */
  readonly dashboardDir?: string | undefined;
  readonly ready: readonly ReadyCheck[];
  /** Where all metrics of the hub are kept; those of HTTP and of the process are added. */
  readonly metrics: Registry;
  readonly clock: Clock;
  readonly log: Log;
  /** Stands in for the watch of the event loop in tests. */
  readonly overload?: OverloadWatch;
}

/** The HTTP side of the hub: API, live events, dashboard, documentation. */
export interface HttpServer extends AsyncDisposable {
  readonly app: FastifyInstance;
  /** Every route there is, for those who walk them all. */
  readonly routes: readonly RouteOptions[];
  /** Listens; port 0 takes a free one. */
  listen(address: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>;
}

const limits = { bodyBytes: 256 * 1024, requestMs: 30_000, keepAliveMs: 72_000, urlChars: 2_000 } as const;

/** Builds the server with all its routes; nothing listens yet. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { features, clock } = options;
  const app = createApp(options);
  const live = new LiveStreams(features.bus, clock);
  const overload = options.overload ?? watchOverload(clock);
  const context: RouteContext = { ...options, live, idempotent: new IdempotentAnswers(clock) };

  const routes: RouteOptions[] = [];

  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  acceptJsonOnly(app);
  guard(app, options, overload);
  measureHttp(app, options.metrics, { live, overload });
  await app.register(helmet, helmetOptions(options.publicUrl.startsWith('https:')));
  await app.register(rateLimit, { global: false, errorResponseBuilder: tooManyRequests });
  await documentRoutes(app, options.version);
  await app.register(
    (auth, _options, done) => {
      addSignInRoutes(auth, context);
      addTwoFactorRoutes(auth, context);
      addSingleSignOnRoutes(auth, context);
      addPasskeyRoutes(auth, context);
      done();
    },
    { prefix: '/api/auth' },
  );
  await app.register(
    (api, _options, done) => {
      addMeRoutes(api, context);
      addUnitRoutes(api, context);
      addOrganisationRoutes(api, context);
      addImportRoutes(api, context);
      api.register((files, _none, ready) => {
        addFileRoutes(files, context);
        addCalendarFileRoute(files, context);
        ready();
      });
      addCalendarRoutes(api, context);
      addAgentRoutes(api, context);
      addDeviceRoutes(api, context);
      addCommandRoutes(api, context);
      addCommandBatchRoutes(api, context);
      addConfigurationRoutes(api, context);
      addAvailabilityRoutes(api, context);
      addPolicyRoutes(api, context);
      addReleaseRoutes(api, context);
      api.register((files, _none, ready) => {
        addReleaseContentRoutes(files, context);
        ready();
      });
      addProblemRoutes(api, context);
      addProposalRoutes(api, context);
      addVoucherRoutes(api, context);
      addPeopleRoutes(api, context);
      addSupplierRoutes(api, context);
      addInsightRoutes(api, context);
      addNotificationRoutes(api, context);
      addNotificationChannelRoutes(api, context);
      addLiveRoute(api, context);
      done();
    },
    { prefix: '/api/v1' },
  );
  addSystemRoutes(app, options);
  await serveDocumentation(app);
  await serveDashboard(app, options.dashboardDir);
  app.addHook('preClose', async () => live.endAll());
  await app.ready();

  return {
    app,
    routes,
    listen: async ({ host, port }) => {
      await app.listen({ host, port });
      const address = app.server.address();
      return { port: typeof address === 'object' && address ? address.port : port };
    },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await overload[Symbol.asyncDispose]();
    },
  };
}

function createApp({ trustProxy, log }: HttpServerOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    routerOptions: { maxParamLength: 200 },
    exposeHeadRoutes: false,
    // Ids of callers are not taken over: they would be text of strangers in our log.
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    // Errors before any route, such as a malformed address, are told in the same shape.
    frameworkErrors: (error, request, reply) => answerProblem(error, request, reply, log),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => answerProblem(error, request, reply, log));
  app.decorateRequest('actor', undefined);
  return app;
}

function answerProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): void {
  const { body, headers, unexpected } = toProblemAnswer(asCursorFault(thrown, request) ?? toStoreError(thrown));
  if (unexpected)
    log.error('request failed', {
      error: toError(thrown),
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url,
    });
  reply
    .code(body.status)
    .headers(headers)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .serializer((value: unknown) => JSON.stringify(value))
    .send(body);
}

/** A cursor of the right form may hold values that the list's columns cannot be compared with; only the database finds out. */
function asCursorFault(thrown: unknown, { query }: FastifyRequest): InvalidInputError | undefined {
  const hasCursor = typeof query === 'object' && query !== null && 'cursor' in query;
  return hasCursor && isDataError(thrown)
    ? new InvalidInputError('cursor', 'This is not a cursor of this list.')
    : undefined;
}

/** What every request goes through, closed unless its route says that it is open. */
function guard(app: FastifyInstance, { features, publicUrl, log }: HttpServerOptions, overload: OverloadWatch): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    const { config } = request.routeOptions;
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    if (overload.overloaded && !config.vital)
      throw new RecoverableError('overloaded', 'The hub is busy; try again in a few seconds.');
    refuseForeignPages(request, features, publicUrl);
    // An address without a route is answered by the not-found handler, to everybody in the same way.
    if (config.open || request.is404) return;
    request.actor = await features.access.actorOf(request.headers);
    const actor = actorOf(request);
    requireReady(actor, config);
    if (config.action) requireAction(actor, config.action);
  });
  app.addHook('preValidation', async (request) => {
    if (findUnstorable(request.params) !== undefined) throw new NotFoundError();
    const field = findUnstorable(request.query);
    if (field !== undefined) throw new InvalidInputError(field, 'Text must be well-formed Unicode without NUL.');
  });
  app.addHook('onResponse', async (request, reply) => {
    log.debug('request answered', {
      requestId: request.id,
      actor: request.actor?.id,
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    });
  });
}

function refuseForeignPages(request: FastifyRequest, features: Features, publicUrl: string): void {
  const { headers, method } = request;
  // A token is never sent by a browser on its own.
  if (headers.authorization !== undefined) return;
  const fetchSite = headers['sec-fetch-site'];
  const foreign = isForeign({
    method,
    own: `${request.protocol}://${request.host}`,
    publicUrl,
    origin: headers.origin,
    fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined,
    hasCookie: features.access.hasSessionCookie(headers.cookie),
  });
  if (foreign)
    throw new FatalError('foreign-origin', 'This change was asked for by another site, or says not by which.');
}

function tooManyRequests(_request: FastifyRequest, { ttl }: { readonly ttl: number }): Error {
  return new FatalError('too-many-requests', 'Too many requests; slow down.', { details: { retryAfterMs: ttl } });
}

/** No script but our own files; style elements are needed by the component library, pictures come as blobs. */
function helmetOptions(https: boolean) {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        scriptSrcAttr: ["'none'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        ...(https ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    hsts: https ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    frameguard: { action: 'deny' as const },
    referrerPolicy: { policy: 'no-referrer' as const },
    // A page on plain http has no secure context, and browsers warn about these headers there.
    crossOriginOpenerPolicy: https,
    originAgentCluster: https,
  };
}
