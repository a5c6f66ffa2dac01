import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { postersQuery } from '../../../protocols/api/posters.ts';
import { createUnitBody, unitSchema, unitsPage, unitsQuery } from '../../../protocols/api/units.ts';
import { type RouteContext, scopeOfUnit } from '../context.ts';
import { addRoute } from '../route.ts';
import { unitParams } from './params.ts';
import { answerPdf, pdfResponses } from './pdf.ts';
import { roomsToPrint } from './rooms-to-print.ts';

/** The organisation: provinces down to rooms. A unit is added under one that lies in the scope, and written down. */
export function addUnitRoutes(app: FastifyInstance, { features, publicUrl, idempotent }: RouteContext): void {
  const { organisation, audit, documents } = features;
  addRoute(app, {
    method: 'GET',
    url: '/units',
    tag: 'organisation',
    summary: 'Units of the organisation within your scope',
    action: 'read',
    query: unitsQuery,
    answer: unitsPage,
    handle: ({ scope, query }) => organisation.list(scope, query),
  });
  addRoute(app, {
    method: 'GET',
    url: '/units/:id',
    tag: 'organisation',
    summary: 'One unit',
    action: 'read',
    params: unitParams,
    answer: unitSchema,
    handle: ({ scope, params }) => organisation.get(scope, params.id),
  });
  addRoute(app, {
    method: 'POST',
    url: '/units',
    tag: 'organisation',
    summary: 'Add a unit under another',
    action: 'manage-units',
    body: createUnitBody,
    answer: unitSchema,
    status: 201,
    idempotent,
    handle: async ({ scope, actor, body, request }) => {
      const unit = await organisation.create(scope, body, { actor });
      await audit.append({
        actor: actor.id,
        action: 'unit.create',
        subject: `unit:${unit.id}`,
        unitId: unit.id,
        origin: request.ip,
        detail: { ...body },
      });
      return unit;
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/units/:id/posters',
    tag: 'organisation',
    summary: 'Posters of a room, or of every room below a unit, as PDF: a code that opens the page of the room',
    action: 'read',
    params: unitParams,
    query: postersQuery,
    answer: z.instanceof(Buffer),
    raw: pdfResponses,
    handle: async ({ scope, params, query, reply }) => {
      const unit = await organisation.get(scope, params.id);
      const rooms = await roomsToPrint(organisation, scopeOfUnit(features, scope, params.id), unit, publicUrl);
      return answerPdf(reply, `ap-phich-${params.id}`, await documents.posters(query.layout, rooms));
    },
  });
}
