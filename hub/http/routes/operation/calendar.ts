import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  type CalendarChangeResult,
  calendarChangeResult,
  calendarQuery,
  calendarTemplates as calendarTemplatesSchema,
  calendarVersions,
  calendarViewSchema,
  changeCalendarBody,
  exportCalendarQuery,
  importCalendarQuery,
  importCalendarResult,
  restoreCalendarBody,
} from '../../../../protocols/api/operation/calendar.ts';
import type { Actor } from '../../../access/index.ts';
import { calendarTemplates } from '../../../calendar/index.ts';
import type { RouteContext } from '../../context.ts';
import { addRoute, problemResponses } from '../../route.ts';
import { unitParams } from '../params.ts';

/** The school calendar of a unit: what holds and whose it is, what it sets itself, tried before it is written. */
export function addCalendarRoutes(app: FastifyInstance, { features, idempotent }: RouteContext): void {
  const { calendars } = features;
  const note = noting(features);
  addRoute(app, {
    method: 'GET',
    url: '/units/:id/calendar',
    tag: 'calendar',
    summary: 'The calendar that holds for a unit, each item with the unit that set it, and its days (`from`, `to`)',
    action: 'read',
    params: unitParams,
    query: calendarQuery,
    answer: calendarViewSchema,
    handle: ({ scope, params, query }) => calendars.view(scope, params.id, query),
  });
  addRoute(app, {
    method: 'GET',
    url: '/units/:id/calendar/versions',
    tag: 'calendar',
    summary: 'What the unit set itself over time: who, when and why, newest first',
    action: 'read',
    params: unitParams,
    answer: calendarVersions,
    handle: ({ scope, params }) => calendars.versions(scope, params.id),
  });
  addRoute(app, {
    method: 'POST',
    url: '/units/:id/calendar',
    tag: 'calendar',
    summary:
      'Set what the unit says itself, or take it all back (`layer: null`); `dryRun` tells what that would come to',
    action: 'manage-calendar',
    params: unitParams,
    body: changeCalendarBody,
    answer: calendarChangeResult,
    idempotent,
    handle: async ({ scope, actor, params, body, request }) => {
      const result = await calendars.change(scope, actor, params.id, body);
      await note('calendar.change', { request, actor, unitId: params.id, reason: body.reason, result });
      return result;
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/units/:id/calendar/restore',
    tag: 'calendar',
    summary: 'Put back what the unit set in an earlier version; version 0 is nothing',
    action: 'manage-calendar',
    params: unitParams,
    body: restoreCalendarBody,
    answer: calendarChangeResult,
    idempotent,
    handle: async ({ scope, actor, params, body, request }) => {
      const result = await calendars.restore(scope, actor, params.id, body);
      const more = { restored: body.version };
      await note('calendar.restore', { request, actor, unitId: params.id, reason: body.reason, result, more });
      return result;
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/units/:id/calendar/export',
    tag: 'calendar',
    summary: 'The calendar as a table (CSV, .xlsx) or for calendar applications (iCalendar)',
    action: 'read',
    params: unitParams,
    query: exportCalendarQuery,
    answer: z.instanceof(Buffer),
    raw: {
      200: {
        description: 'The file',
        content: { 'text/csv': { schema: z.string() }, 'text/calendar': { schema: z.string() } },
      },
      ...problemResponses,
    },
    handle: async ({ scope, params, query, reply }) => {
      const { bytes, type, name } = await calendars.exportFile(scope, params.id, query);
      reply.type(type).header('content-disposition', `attachment; filename="${name}"`);
      return bytes;
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/calendar-templates',
    tag: 'calendar',
    summary: 'School years that a calendar may begin with',
    action: 'read',
    answer: calendarTemplatesSchema,
    handle: () => ({ rows: [...calendarTemplates] }),
  });
}

/** The one that takes a file as its body; `app` takes nothing else (`addFileRoutes`). */
export function addCalendarFileRoute(app: FastifyInstance, { features }: RouteContext): void {
  const note = noting(features);
  addRoute(app, {
    method: 'POST',
    url: '/imports/calendar',
    tag: 'calendar',
    summary: 'A calendar out of .xlsx, CSV or iCalendar, which is the body (at most 5 MB); `dryRun=no` writes',
    action: 'manage-calendar',
    query: importCalendarQuery,
    answer: importCalendarResult,
    handle: async ({ scope, actor, query, request }) => {
      const bytes = Buffer.isBuffer(request.body) ? request.body : new Uint8Array();
      const result = await features.calendars.importFile(scope, actor, query, bytes);
      const more = { file: query.file, counts: result.counts };
      await note('calendar.import', { request, actor, unitId: query.unit, reason: query.reason, result, more });
      return result;
    },
  });
}

interface Noted {
  readonly request: FastifyRequest;
  readonly actor: Actor;
  readonly unitId: number;
  readonly reason: string | undefined;
  readonly result: Pick<CalendarChangeResult, 'dryRun' | 'version' | 'effect'>;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Writes down what was written; nothing of what was only tried. */
function noting({ audit }: RouteContext['features']) {
  return async (action: string, { request, actor, unitId, reason, result, more }: Noted) => {
    if (result.dryRun) return;
    const { version, effect } = result;
    await audit.append({
      actor: actor.id,
      action,
      subject: `unit:${unitId}`,
      unitId,
      origin: request.ip,
      detail: { ...more, version, changed: effect?.changed, units: effect?.units },
      ...(reason === undefined ? {} : { reason }),
    });
  };
}
