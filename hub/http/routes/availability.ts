import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  availabilityQuery,
  availabilityReport,
  energyClassBody,
  energyClassesList,
} from '../../../protocols/api/availability.ts';
import type { RouteContext } from '../context.ts';
import { addRoute } from '../route.ts';

const classParams = z.strictObject({ name: z.string().regex(/^[a-z-]{1,40}$/) });

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
    method: 'PATCH',
    url: '/energy-classes/:name',
    tag: 'availability',
    summary: 'Put measured watts in the place of the estimate of a class',
    action: 'manage-rules',
    params: classParams,
    body: energyClassBody,
    answer: energyClassesList,
    handle: async ({ actor, params, body }) => ({ rows: [...(await availability.setClass(actor, params.name, body))] }),
  });
}
