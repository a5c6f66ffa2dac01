import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import {
  changePasswordBody,
  doneSchema,
  secondStepSchema,
  sessionSchema,
  signedInSchema,
  signInBody,
} from '../../../../protocols/api/access/sign-in.ts';
import { toError } from '../../../../protocols/errors.ts';
import { toProblem } from '../../../../protocols/fleet/problem.ts';
import type { AuditEntry } from '../../../audit/index.ts';
import type { RouteContext } from '../../context.ts';
import type { Features } from '../../features.ts';
import { actorOf, problemResponses, requireSession } from '../../route.ts';

/** Attempts of one address; the lock per person and address is in the access feature. */
export const attempts = { max: 60, timeWindow: 60_000 } as const;

const nothing = z.strictObject({});

/** Sign-in by e-mail and password, under the paths that better-auth's clients know. */
export function addSignInRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { access, audit } = features;

  app.route<{ Body: z.output<typeof signInBody> }>({
    method: 'POST',
    url: '/sign-in/email',
    config: { open: true, rateLimit: attempts },
    schema: {
      tags: ['sign-in'],
      summary: 'Sign in; the answer sets the session cookie',
      querystring: nothing,
      body: signInBody,
      response: { 200: signedInSchema, 202: secondStepSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const { email, password } = request.body;
      const entry = { subject: `email:${email.toLowerCase()}`, origin: request.ip };
      try {
        const userAgent = request.headers['user-agent'] ?? '';
        const { value: user, cookies } = await access.signIn({ email, password, address: request.ip, userAgent });
        setCookies(reply, cookies);
        if (!user) {
          await audit.append({ ...entry, actor: 'nobody', action: 'sign-in.first-step' });
          return reply.code(202).send({ twoFactor: true });
        }
        await recordSignIn(features, user.id, entry);
        return { user };
      } catch (thrown) {
        await audit.append({
          ...entry,
          actor: 'nobody',
          action: 'sign-in.fail',
          detail: { code: toProblem(toError(thrown)).code },
        });
        throw thrown;
      }
    },
  });

  app.route({
    method: 'POST',
    url: '/sign-out',
    config: { open: true },
    schema: {
      tags: ['sign-in'],
      summary: 'Sign out; the session ends on every hub',
      querystring: nothing,
      response: { 200: doneSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const { cookie } = request.headers;
      if (cookie === undefined || !access.hasSessionCookie(cookie)) return { success: true };
      const actor = await access.actorOf({ cookie });
      const { cookies } = await access.signOut(cookie);
      setCookies(reply, cookies);
      if (actor)
        await audit.append({
          actor: actor.id,
          action: 'sign-out',
          subject: `email:${actor.email}`,
          origin: request.ip,
        });
      return { success: true };
    },
  });

  app.route({
    method: 'GET',
    url: '/get-session',
    config: { open: true },
    schema: {
      tags: ['sign-in'],
      summary: 'Who is signed in, if anybody',
      querystring: nothing,
      response: { 200: sessionSchema, ...problemResponses },
    },
    handler: async (request) => {
      const actor = await access.actorOf({ cookie: request.headers.cookie });
      if (!actor?.expiresAt) return null;
      const { id, name, email, mustChangePassword, mustSetUpTwoFactor } = actor;
      const expiresAt = actor.expiresAt.toISOString();
      return { user: { id, name, email }, expiresAt, mustChangePassword, mustSetUpTwoFactor };
    },
  });

  app.route<{ Body: z.output<typeof changePasswordBody> }>({
    method: 'POST',
    url: '/change-password',
    config: { action: 'read', rateLimit: attempts, beforePassword: true, beforeTwoFactor: true },
    schema: {
      tags: ['sign-in'],
      summary: 'Change your password; your other sessions end',
      security: [{ session: [] }],
      querystring: nothing,
      body: changePasswordBody,
      response: { 200: doneSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const actor = actorOf(request);
      requireSession(actor);
      const { id, email } = actor;
      const { currentPassword: password, newPassword } = request.body;
      const change = { email, address: request.ip, password, newPassword };
      const { cookies } = await access.changePassword(request.headers.cookie ?? '', change);
      await audit.append({ actor: id, action: 'password.change', subject: `email:${email}`, origin: request.ip });
      setCookies(reply, cookies);
      return { success: true };
    },
  });
}

/** Writes a sign-in down, and plainly so when it is one by an emergency (`edufleet-hub break-glass`). */
export async function recordSignIn(
  { access, audit }: Features,
  userId: string,
  entry: Pick<AuditEntry, 'subject' | 'origin' | 'detail'>,
): Promise<void> {
  const until = await access.noteSignIn(userId);
  const emergency = until ? { emergencyUntil: until.toISOString() } : {};
  const detail = { ...entry.detail, ...emergency };
  await audit.append({ ...entry, actor: userId, action: until ? 'sign-in.emergency' : 'sign-in.succeed', detail });
}

export function setCookies(reply: FastifyReply, cookies: readonly string[]): void {
  reply.header('set-cookie', [...cookies]);
}
