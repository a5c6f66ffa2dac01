import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { meSchema } from '../../../../protocols/api/access/session.ts';
import { createdTokenSchema, createTokenBody, tokensList } from '../../../../protocols/api/access/tokens.ts';
import type { RouteContext } from '../../context.ts';
import { addRoute, requireSession, requireWhole } from '../../route.ts';
import { idParams } from '../params.ts';

const pageActions = meSchema.shape.may.element.options;

/** About oneself: roles and tokens. */
export function addMeRoutes(app: FastifyInstance, { features, version }: RouteContext): void {
  const { access, audit } = features;
  addRoute(app, {
    method: 'GET',
    url: '/me',
    tag: 'me',
    summary: 'Who you are and what you may do',
    action: 'read',
    answer: meSchema,
    handle: ({ actor }) => ({
      user: { id: actor.id, name: actor.name, email: actor.email },
      grants: actor.grants.map(({ role, unit, supplier }) => ({ role, unit, ...(supplier ? { supplier } : {}) })),
      may: pageActions.filter((action) => actor.scopeFor(action).paths.length > 0),
      twoFactor: actor.hasTwoFactor,
      ...(actor.emergencyUntil ? { emergencyUntil: actor.emergencyUntil.toISOString() } : {}),
      version,
    }),
  });
  addRoute(app, {
    method: 'GET',
    url: '/tokens',
    tag: 'me',
    summary: 'Your tokens for programs',
    action: 'read',
    answer: tokensList,
    handle: async ({ actor }) => {
      requireWhole(actor);
      return { rows: await access.listTokens(actor.id) };
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/tokens',
    tag: 'me',
    summary: 'Make a token with your rights; it is shown only here',
    action: 'read',
    body: createTokenBody,
    answer: createdTokenSchema,
    status: 201,
    handle: async ({ actor, body, request }) => {
      requireSession(actor);
      const token = await access.createToken(actor.id, body);
      await audit.append({
        actor: actor.id,
        action: 'token.create',
        subject: `token:${token.id}`,
        origin: request.ip,
        detail: { name: token.name, expiresAt: token.expiresAt, actions: token.actions, unit: token.unit?.id },
      });
      return token;
    },
  });
  addRoute(app, {
    method: 'DELETE',
    url: '/tokens/:id',
    tag: 'me',
    summary: 'Revoke a token of yours',
    action: 'read',
    params: idParams,
    answer: z.void(),
    status: 204,
    handle: async ({ actor, params, request }) => {
      requireWhole(actor);
      await access.revokeToken(actor.id, params.id);
      await audit.append({
        actor: actor.id,
        action: 'token.revoke',
        subject: `token:${params.id}`,
        origin: request.ip,
      });
    },
  });
}
