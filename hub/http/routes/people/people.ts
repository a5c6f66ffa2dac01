import type { FastifyInstance } from 'fastify';
import { emergenciesList } from '../../../../protocols/api/access/emergencies.ts';
import {
  createPersonBody,
  peoplePage,
  peopleQuery,
  personSchema,
  personWithPasswordSchema,
  updatePersonBody,
} from '../../../../protocols/api/access/people.ts';
import { type RouteContext, scopeOfUnit } from '../../context.ts';
import { addRoute, requireSession } from '../../route.ts';
import { idParams } from '../params.ts';

/** People who may sign in, and what they may do. Passwords are shown once and stand in no log. */
export function addPeopleRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { access, audit } = features;
  addRoute(app, {
    method: 'GET',
    url: '/people',
    tag: 'people',
    summary: 'People whose roles lie within your scope',
    action: 'manage-people',
    query: peopleQuery,
    answer: peoplePage,
    handle: ({ scope, query }) => access.listPeople(scopeOfUnit(features, scope, query.unit), query),
  });
  addRoute(app, {
    method: 'GET',
    url: '/emergencies',
    tag: 'people',
    summary: 'Rights that were given at the server itself, past all roles, and last',
    action: 'manage-people',
    answer: emergenciesList,
    // They are for the whole province, so they concern whoever manages people in any part of it.
    handle: async () => ({ rows: await access.listEmergencies() }),
  });
  addRoute(app, {
    method: 'POST',
    url: '/people',
    tag: 'people',
    summary: 'Let somebody sign in; the password to hand out is shown only here',
    action: 'manage-people',
    body: createPersonBody,
    answer: personWithPasswordSchema,
    status: 201,
    handle: async ({ scope, actor, body, request }) => {
      requireSession(actor);
      const made = await access.createPerson(scope, actor, body);
      await audit.append({
        actor: actor.id,
        action: 'person.create',
        subject: `person:${made.person.id}`,
        unitId: body.grants[0]?.unit,
        origin: request.ip,
        detail: { email: made.person.email, grants: body.grants },
      });
      return made;
    },
  });
  addRoute(app, {
    method: 'PATCH',
    url: '/people/:id',
    tag: 'people',
    summary: 'Rename somebody, change their roles, or shut them out',
    action: 'manage-people',
    params: idParams,
    body: updatePersonBody,
    answer: personSchema,
    handle: async ({ scope, actor, params, body, request }) => {
      requireSession(actor);
      const { reason, ...change } = body;
      const person = await access.updatePerson(scope, actor, params.id, body);
      await audit.append({
        actor: actor.id,
        action: 'person.update',
        subject: `person:${params.id}`,
        unitId: person.grants[0]?.unit.id,
        reason,
        origin: request.ip,
        detail: { email: person.email, ...change },
      });
      return person;
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/people/:id/password',
    tag: 'people',
    summary: 'Give somebody a new password to hand out; their sessions end',
    action: 'manage-people',
    params: idParams,
    answer: personWithPasswordSchema,
    handle: async ({ scope, actor, params, request }) => {
      requireSession(actor);
      const made = await access.resetPassword(scope, actor, params.id);
      await audit.append({
        actor: actor.id,
        action: 'password.reset',
        subject: `person:${params.id}`,
        unitId: made.person.grants[0]?.unit.id,
        origin: request.ip,
        detail: { email: made.person.email },
      });
      return made;
    },
  });
  addRoute(app, {
    method: 'DELETE',
    url: '/people/:id/two-factor',
    tag: 'people',
    summary: 'Take away the second factor of somebody who lost it; their sessions end',
    action: 'manage-people',
    params: idParams,
    answer: personSchema,
    handle: async ({ scope, actor, params, request }) => {
      requireSession(actor);
      const person = await access.resetTwoFactor(scope, actor, params.id);
      await audit.append({
        actor: actor.id,
        action: 'two-factor.reset',
        subject: `person:${params.id}`,
        unitId: person.grants[0]?.unit.id,
        origin: request.ip,
        detail: { email: person.email },
      });
      return person;
    },
  });
}
