import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { problemDetailsSchema } from '../../protocols/api/page.ts';
import { FatalError } from '../../protocols/errors.ts';
import { type Action, ForbiddenError, isNothing, type Scope, type SignedInActor } from '../access/index.ts';
import type { IdempotentAnswers } from './idempotency.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Reached by whoever must change a password that was handed out. */
    beforePassword?: true;
    /** Reached by whoever must set up a second factor. */
    beforeTwoFactor?: true;
    /** Reached without signing in. A route that does not say so is closed. */
    open?: true;
    /** Answers even when the process is overloaded. */
    vital?: true;
    /** What a person must be allowed somewhere to reach the route. */
    action?: Action;
  }
  interface FastifyRequest {
    /** Who asks; set before every closed route. */
    actor: SignedInActor | undefined;
  }
}

/** What a handler is given: everything checked, and the part of the organisation that the action is allowed in. */
interface Call<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly actor: SignedInActor;
  readonly scope: Scope;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** One route of `/api/v1`. */
export interface Route<P extends z.ZodType, Q extends z.ZodObject, B extends z.ZodType, A extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly tag: string;
  readonly summary: string;
  readonly action: Action;
  readonly params?: P;
  /** Keys beyond these are refused by name. */
  readonly query?: Q;
  readonly body?: B;
  readonly answer: A;
  /** Documentation of an answer that is no JSON; it stands instead of `answer`, and nothing is serialised. */
  readonly raw?: Readonly<Record<string, unknown>>;
  readonly status?: 200 | 201 | 204;
  /** Takes the header `Idempotency-Key`: a repeated request gets the first one's answer. */
  readonly idempotent?: IdempotentAnswers;
  readonly handle: (call: Call<z.output<P>, z.output<Q>, z.output<B>>) => Promise<z.output<A>> | z.output<A>;
}

const nothing = z.strictObject({});

/** Documents every error in one line: the shape is the same for all. */
export const problemResponses = {
  '4xx': { description: 'Refused', content: { 'application/problem+json': { schema: problemDetailsSchema } } },
  '5xx': { description: 'Failed', content: { 'application/problem+json': { schema: problemDetailsSchema } } },
} as const;

/** Adds a closed route. The scope is that of its action; who has none anywhere is refused. */
export function addRoute<P extends z.ZodType, Q extends z.ZodObject, B extends z.ZodType, A extends z.ZodType>(
  app: FastifyInstance,
  route: Route<P, Q, B, A>,
): void {
  const status = route.status ?? 200;
  app.route({
    method: route.method,
    url: route.url,
    config: { action: route.action },
    schema: {
      tags: [route.tag],
      summary: route.summary,
      security: [{ session: [] }, { token: [] }],
      ...(route.params ? { params: route.params } : {}),
      querystring: route.query?.strict() ?? nothing,
      ...(route.body ? { body: route.body } : {}),
      response: route.raw ?? { [status]: route.answer, ...problemResponses },
    },
    handler: async (request, reply) => {
      const actor = actorOf(request);
      const call = {
        params: request.params,
        query: request.query,
        body: request.body,
        actor,
        scope: actor.scopeFor(route.action),
        request,
        reply,
      } as Call<z.output<P>, z.output<Q>, z.output<B>>;
      const answer = await (route.idempotent
        ? route.idempotent.once(request, actor.id, async () => route.handle(call))
        : route.handle(call));
      return reply.code(status).send(answer);
    },
  });
}

/** Who asks a closed route. */
export function actorOf(request: FastifyRequest): SignedInActor {
  if (!request.actor) throw new FatalError('unauthenticated', 'Sign in, or send a token as Authorization: Bearer.');
  return request.actor;
}

/** Throws FatalError while something of their own must be put right first: a handed-out password, a missing second factor. */
export function requireReady(actor: SignedInActor, { beforePassword, beforeTwoFactor }: FastifyContextConfig): void {
  if (actor.mustChangePassword && !beforePassword)
    throw new FatalError('password-temporary', 'Your password was handed out to you; choose one of your own first.');
  if (actor.mustSetUpTwoFactor && !beforeTwoFactor)
    throw new FatalError('two-factor-required', 'Your role asks for a second step at sign-in; set it up first.');
}

/** Throws ForbiddenError when the action is allowed nowhere. */
export function requireAction(actor: SignedInActor, action: Action): void {
  if (!isNothing(actor.scopeFor(action))) return;
  throw new ForbiddenError(`None of your roles allows this (${action}).`);
}

/** A token that leaked must not make others that outlive it, nor try passwords. Throws ForbiddenError. */
export function requireSession(actor: SignedInActor): void {
  if (actor.via !== 'session') throw new ForbiddenError('A token cannot do this; sign in with your password.');
}

/** A token with some of a person's rights neither sees nor ends the others. Throws ForbiddenError. */
export function requireWhole(actor: SignedInActor): void {
  if (actor.isNarrowed) throw new ForbiddenError('A token with some of your rights cannot do this.');
}
