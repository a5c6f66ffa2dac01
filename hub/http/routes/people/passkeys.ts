import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  addPasskeyBody,
  passkeyOptionsSchema,
  passkeySchema,
  passkeySignInBody,
  passkeysList,
  removePasskeyBody,
} from '../../../../protocols/api/access/passkeys.ts';
import { doneSchema, provePasswordBody, signedInSchema } from '../../../../protocols/api/access/sign-in.ts';
import { FatalError, toError } from '../../../../protocols/errors.ts';
import { toProblem } from '../../../../protocols/fleet/problem.ts';
import type { RouteContext } from '../../context.ts';
import { actorOf, problemResponses, requireSession } from '../../route.ts';
import { attempts, recordSignIn, setCookies } from './sign-in.ts';
import { oneselfOf } from './two-factor.ts';

const nothing = z.strictObject({});

/** Sign-in by a passkey, and one's own passkeys. */
export function addPasskeyRoutes(app: FastifyInstance, context: RouteContext): void {
  addDoor(app, context);
  addRegistration(app, context);
  addOwn(app, context);
}

function addDoor(app: FastifyInstance, { features }: RouteContext): void {
  const { access, audit } = features;
  app.route({
    method: 'POST',
    url: '/sign-in/passkey/begin',
    config: { open: true, rateLimit: attempts },
    schema: {
      tags: ['sign-in'],
      summary: 'Options for `navigator.credentials.get`; they name nobody',
      querystring: nothing,
      response: { 200: passkeyOptionsSchema, ...problemResponses },
    },
    handler: async (_request, reply) => {
      const { value, cookies } = await access.beginPasskeySignIn();
      setCookies(reply, cookies);
      return value;
    },
  });

  app.route<{ Body: z.output<typeof passkeySignInBody> }>({
    method: 'POST',
    url: '/sign-in/passkey',
    config: { open: true, rateLimit: attempts },
    schema: {
      tags: ['sign-in'],
      summary: 'Sign in by a passkey; the answer sets the session cookie',
      querystring: nothing,
      body: passkeySignInBody,
      response: { 200: signedInSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const { cookie = '', 'user-agent': userAgent = '' } = request.headers;
      const { response } = request.body;
      const owner = await access.passkeyOwner(response.id);
      const entry = { subject: owner ? `email:${owner.email}` : 'sign-in', origin: request.ip };
      try {
        const attempt = { cookie, userAgent, address: request.ip, response };
        const { value, cookies } = await access.signInPasskey(attempt);
        await recordSignIn(features, value.user.id, { ...entry, detail: { by: 'passkey', passkey: value.passkey } });
        setCookies(reply, cookies);
        return { user: value.user };
      } catch (thrown) {
        const why = thrown instanceof FatalError ? thrown.details['why'] : undefined;
        const detail = { code: toProblem(toError(thrown)).code, by: 'passkey', ...(why === undefined ? {} : { why }) };
        await audit.append({ ...entry, actor: 'nobody', action: 'sign-in.fail', detail });
        throw thrown;
      }
    },
  });
}

function addRegistration(app: FastifyInstance, { features: { access, audit } }: RouteContext): void {
  const config = { action: 'read', rateLimit: attempts, beforeTwoFactor: true } as const;
  app.route<{ Body: z.output<typeof provePasswordBody> }>({
    method: 'POST',
    url: '/passkeys/begin',
    config,
    schema: {
      tags: ['sign-in'],
      summary: 'Options for `navigator.credentials.create`, after your password',
      security: [{ session: [] }],
      querystring: nothing,
      body: provePasswordBody,
      response: { 200: passkeyOptionsSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const { value, cookies } = await access.beginPasskey({ ...oneselfOf(request), ...request.body });
      setCookies(reply, cookies);
      return value;
    },
  });

  app.route<{ Body: z.output<typeof addPasskeyBody> }>({
    method: 'POST',
    url: '/passkeys',
    config,
    schema: {
      tags: ['sign-in'],
      summary: 'Add a passkey; the first one ends your other sessions',
      security: [{ session: [] }],
      querystring: nothing,
      body: addPasskeyBody,
      response: { 200: passkeySchema, ...problemResponses },
    },
    handler: async (request) => {
      const oneself = oneselfOf(request);
      const made = await access.addPasskey({ ...oneself, ...request.body });
      const { userId: actor, email } = oneself;
      const detail = { name: made.name, backedUp: made.backedUp };
      await audit.append({ actor, action: 'passkey.add', subject: `email:${email}`, origin: request.ip, detail });
      return made;
    },
  });
}

function addOwn(app: FastifyInstance, { features: { access, audit } }: RouteContext): void {
  app.route({
    method: 'GET',
    url: '/passkeys',
    config: { action: 'read' },
    schema: {
      tags: ['sign-in'],
      summary: 'Your passkeys',
      security: [{ session: [] }],
      querystring: nothing,
      response: { 200: passkeysList, ...problemResponses },
    },
    handler: async (request) => {
      const actor = actorOf(request);
      requireSession(actor);
      return { rows: await access.listPasskeys(actor.id) };
    },
  });

  app.route<{ Body: z.output<typeof removePasskeyBody> }>({
    method: 'POST',
    url: '/passkeys/remove',
    config: { action: 'read', rateLimit: attempts },
    schema: {
      tags: ['sign-in'],
      summary: 'Remove one of your passkeys; sessions that it opened end',
      security: [{ session: [] }],
      querystring: nothing,
      body: removePasskeyBody,
      response: { 200: doneSchema, ...problemResponses },
    },
    handler: async (request) => {
      const oneself = oneselfOf(request);
      const { name } = await access.removePasskey({ ...oneself, ...request.body });
      const { userId: actor, email } = oneself;
      const entry = { actor, action: 'passkey.remove', subject: `email:${email}`, origin: request.ip };
      await audit.append({ ...entry, detail: { name } });
      return { success: true };
    },
  });
}
