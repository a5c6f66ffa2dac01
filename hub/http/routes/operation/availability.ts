import type { FastifyInstance } from 'fastify';
import {
  availabilityQuery,
  availabilityReport,
  energyClassBody,
  energyClassesList,
} from '../../../../protocols/api/operation/availability.ts';
import type { RouteContext } from '../../context.ts';
import { addRoute } from '../../route.ts';

/** Availability in lessons, repairs and energy. */
export function addAvailabilityRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { availability } = features;
  addRoute(app, {
    method: 'GET',
    url: '/availability',
    tag: 'availability',
    summary: 'Availability in lesson hours, time to repair and energy, by school, supplier, class or device',
    action: 'read',
    query: availabilityQuery,
    answer: availabilityReport,
    handle: ({ scope, query }) => availability.report(scope, query),
  });
  addRoute(app, {
    method: 'POST',
    url: '/energy-classes',
    tag: 'availability',
    summary: 'Put measured watts in the place of the estimate of a class',
    action: 'manage-rules',
    body: energyClassBody,
    answer: energyClassesList,
    handle: async ({ actor, body }) => ({ rows: [...(await availability.setClass(actor, body))] }),
  });
}
