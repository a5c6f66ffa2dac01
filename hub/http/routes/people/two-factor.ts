import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  backupCodesSchema,
  confirmTwoFactorBody,
  doneSchema,
  provePasswordBody,
  secondStepBody,
  signedInSchema,
  twoFactorEnrolmentSchema,
} from '../../../../protocols/api/access/sign-in.ts';
import { FatalError, toError } from '../../../../protocols/errors.ts';
import { toProblem } from '../../../../protocols/fleet/problem.ts';
import type { RouteContext } from '../../context.ts';
import { actorOf, problemResponses, requireSession } from '../../route.ts';
import { attempts, recordSignIn, setCookies } from './sign-in.ts';

const nothing = z.strictObject({});

/** The second step of sign-in, and setting it up. Secrets and codes are shown once and stand in no log. */
export function addTwoFactorRoutes(app: FastifyInstance, context: RouteContext): void {
  addSecondStep(app, context);
  addSetUp(app, context);
  addChanges(app, context);
}

function addSecondStep(app: FastifyInstance, { features }: RouteContext): void {
  const { access, audit } = features;
  app.route<{ Body: z.output<typeof secondStepBody> }>({
    method: 'POST',
    url: '/sign-in/two-factor',
    config: { open: true, rateLimit: attempts },
    schema: {
      tags: ['sign-in'],
      summary: 'The second step of sign-in, by a code; the answer sets the session cookie',
      querystring: nothing,
      body: secondStepBody,
      response: { 200: signedInSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const { cookie = '', 'user-agent': userAgent = '' } = request.headers;
      const pending = await access.secondStepOf(cookie);
      if (!pending)
        throw new FatalError('sign-in-expired', 'There is no sign-in to go on with; begin with the password.');
      const entry = { subject: `email:${pending.email}`, origin: request.ip };
      try {
        const step = { cookie, userAgent, address: request.ip, code: request.body.code };
        const { value: user, cookies } = await access.signInSecond(step);
        const detail = { secondFactor: request.body.code.includes('-') ? 'backup-code' : 'totp' };
        await recordSignIn(features, user.id, { ...entry, detail });
        setCookies(reply, cookies);
        return { user };
      } catch (thrown) {
        const { code } = toProblem(toError(thrown));
        await audit.append({ ...entry, actor: 'nobody', action: 'sign-in.fail', detail: { code, step: 2 } });
        throw thrown;
      }
    },
  });
}

/** Whoever is signed in, and what their password is checked with. */
export function oneselfOf(request: FastifyRequest) {
  const actor = actorOf(request);
  requireSession(actor);
  const { id: userId, email } = actor;
  return { userId, email, cookie: request.headers.cookie ?? '', address: request.ip };
}

function addSetUp(app: FastifyInstance, { features: { access, audit } }: RouteContext): void {
  const config = { action: 'read', rateLimit: attempts, beforeTwoFactor: true } as const;
  app.route<{ Body: z.output<typeof provePasswordBody> }>({
    method: 'POST',
    url: '/two-factor/enable',
    config,
    schema: {
      tags: ['sign-in'],
      summary: 'A secret for an authenticator, shown once; it counts after its first code',
      security: [{ session: [] }],
      querystring: nothing,
      body: provePasswordBody,
      response: { 200: twoFactorEnrolmentSchema, ...problemResponses },
    },
    handler: async (request) => {
      const { uri, secret, backupCodes } = await access.beginTwoFactor({ ...oneselfOf(request), ...request.body });
      return { uri, secret, backupCodes: [...backupCodes] };
    },
  });

  app.route<{ Body: z.output<typeof confirmTwoFactorBody> }>({
    method: 'POST',
    url: '/two-factor/confirm',
    config,
    schema: {
      tags: ['sign-in'],
      summary: 'Turn the second step on by a first code; your other sessions end',
      security: [{ session: [] }],
      querystring: nothing,
      body: confirmTwoFactorBody,
      response: { 200: doneSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const oneself = oneselfOf(request);
      const { cookies } = await access.confirmTwoFactor({ ...oneself, ...request.body });
      const { userId: actor, email } = oneself;
      await audit.append({ actor, action: 'two-factor.enable', subject: `email:${email}`, origin: request.ip });
      setCookies(reply, cookies);
      return { success: true };
    },
  });
}

function addChanges(app: FastifyInstance, { features: { access, audit } }: RouteContext): void {
  const config = { action: 'read', rateLimit: attempts } as const;
  app.route<{ Body: z.output<typeof provePasswordBody> }>({
    method: 'POST',
    url: '/two-factor/disable',
    config,
    schema: {
      tags: ['sign-in'],
      summary: 'Turn the second step off',
      security: [{ session: [] }],
      querystring: nothing,
      body: provePasswordBody,
      response: { 200: doneSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const oneself = oneselfOf(request);
      const { cookies } = await access.disableTwoFactor({ ...oneself, ...request.body });
      const { userId: actor, email } = oneself;
      await audit.append({ actor, action: 'two-factor.disable', subject: `email:${email}`, origin: request.ip });
      setCookies(reply, cookies);
      return { success: true };
    },
  });

  app.route<{ Body: z.output<typeof provePasswordBody> }>({
    method: 'POST',
    url: '/two-factor/backup-codes',
    config,
    schema: {
      tags: ['sign-in'],
      summary: 'New backup codes, shown once; the older ones are worth nothing then',
      security: [{ session: [] }],
      querystring: nothing,
      body: provePasswordBody,
      response: { 200: backupCodesSchema, ...problemResponses },
    },
    handler: async (request) => {
      const oneself = oneselfOf(request);
      const backupCodes = await access.renewBackupCodes({ ...oneself, ...request.body });
      const { userId: actor, email } = oneself;
      await audit.append({ actor, action: 'two-factor.codes', subject: `email:${email}`, origin: request.ip });
      return { backupCodes: [...backupCodes] };
    },
  });
}
