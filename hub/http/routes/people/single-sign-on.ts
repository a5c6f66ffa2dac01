import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  signInOptionsSchema,
  ssoBeginSchema,
  ssoCallbackQuery,
  ssoRefusals,
} from '../../../../protocols/api/access/sign-in.ts';
import { FatalError } from '../../../../protocols/errors.ts';
import { toProblem } from '../../../../protocols/fleet/problem.ts';
import type { RouteContext } from '../../context.ts';
import { problemResponses } from '../../route.ts';
import { attempts, recordSignIn, setCookies } from './sign-in.ts';

const nothing = z.strictObject({});

/** Sign-in by an OpenID provider. It sends the browser back to `/api/auth/callback/oidc`, which is registered there. */
export function addSingleSignOnRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { access, audit } = features;

  app.route({
    method: 'GET',
    url: '/sign-in/options',
    config: { open: true },
    schema: {
      tags: ['sign-in'],
      summary: 'What the door offers besides a password',
      querystring: nothing,
      response: { 200: signInOptionsSchema, ...problemResponses },
    },
    handler: () => {
      const label = access.ssoLabel();
      return { ...(label === undefined ? {} : { sso: { label } }), passkeys: access.passkeyAddress() };
    },
  });

  app.route({
    method: 'POST',
    url: '/sign-in/sso',
    config: { open: true, rateLimit: attempts },
    schema: {
      tags: ['sign-in'],
      summary: 'Begin to sign in by the provider; the answer is the address to go to',
      querystring: nothing,
      response: { 200: ssoBeginSchema, ...problemResponses },
    },
    handler: async (_request, reply) => {
      const { value: url, cookies } = await access.beginSso();
      setCookies(reply, cookies);
      return { url };
    },
  });

  app.route<{ Querystring: z.output<typeof ssoCallbackQuery> }>({
    method: 'GET',
    url: '/callback/oidc',
    config: { open: true, rateLimit: attempts },
    schema: {
      tags: ['sign-in'],
      summary: 'Where the provider sends the browser back; a page that goes on to the dashboard',
      querystring: ssoCallbackQuery,
      response: {
        200: { description: 'A page', content: { 'text/html': { schema: z.string() } } },
        ...problemResponses,
      },
    },
    handler: async (request, reply) => {
      const { cookie = '', 'user-agent': userAgent = '' } = request.headers;
      const { code, state, iss, error } = request.query;
      const query = Object.fromEntries(
        Object.entries({ code, state, iss, error }).flatMap(([key, value]) =>
          value === undefined ? [] : [[key, value]],
        ),
      );
      try {
        const { value: user, cookies } = await access.finishSso({ cookie, query, userAgent, address: request.ip });
        const entry = { subject: `email:${user.email}`, origin: request.ip, detail: { by: 'oidc' } };
        await recordSignIn(features, user.id, entry);
        setCookies(reply, cookies);
        return await reply.type('text/html; charset=utf-8').serializer(String).send(pageTo('/'));
      } catch (thrown) {
        const { code: reason, message } = toProblem(thrown);
        const told = thrown instanceof FatalError ? thrown.details['why'] : undefined;
        const why = ssoRefusals.find((word) => word === told) ?? 'provider';
        const detail = { code: reason, by: 'oidc', why: message };
        await audit.append({ actor: 'nobody', action: 'sign-in.fail', subject: 'sign-in', origin: request.ip, detail });
        return reply
          .type('text/html; charset=utf-8')
          .serializer(String)
          .send(pageTo(`/sign-in?refused=${why}`));
      }
    },
  });
}

/** Not a redirect: the browser comes from another site, and within that one navigation a strict cookie is not sent. */
function pageTo(path: string): string {
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${path}"><title>Edufleet</title>`;
}
