import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  importResult,
  importSiteQuery,
  importUnitsQuery,
  templateQuery,
  undoImportBody,
  unitImportsList,
} from '../../../protocols/api/organisation/imports.ts';
import type { RouteContext } from '../context.ts';
import { addRoute, problemResponses } from '../route.ts';
import { unitParams } from './params.ts';

/** Bytes of a file; what is read of it has bounds of its own. */
const mostFileBytes = 5 * 1024 * 1024;
const workbookType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** Tables of units, and of the rooms and devices of a school: tried, written, taken back. */
export function addImportRoutes(app: FastifyInstance, { features, idempotent }: RouteContext): void {
  const { imports, audit } = features;
  addRoute(app, {
    method: 'GET',
    url: '/imports',
    tag: 'organisation',
    summary: 'The newest imports of units within your scope',
    action: 'manage-units',
    answer: unitImportsList,
    handle: async ({ scope }) => ({ rows: await imports.listImports(scope) }),
  });
  addRoute(app, {
    method: 'GET',
    url: '/imports/template',
    tag: 'organisation',
    summary: 'An empty workbook with the columns of an import and what goes into them',
    action: 'read',
    query: templateQuery,
    answer: z.instanceof(Buffer),
    raw: {
      200: { description: 'The workbook', content: { [workbookType]: { schema: z.string() } } },
      ...problemResponses,
    },
    handle: async ({ query, reply }) => {
      const name = query.of === 'units' ? 'mau-don-vi' : 'mau-phong-thiet-bi';
      reply.type(workbookType).header('content-disposition', `attachment; filename="${name}.xlsx"`);
      return imports.template(query.of);
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/imports/:id/undo',
    tag: 'organisation',
    summary: 'Take an import of units back, as long as nothing was built on it',
    action: 'manage-units',
    params: unitParams,
    body: undoImportBody,
    answer: unitImportsList,
    idempotent,
    handle: async ({ scope, actor, params, body, request }) => {
      const unitId = await imports.undoImport(scope, actor, params.id);
      await audit.append({
        actor: actor.id,
        action: 'unit.import-undo',
        subject: `unit:${unitId}`,
        unitId,
        reason: body.reason,
        origin: request.ip,
        detail: { import: params.id },
      });
      return { rows: await imports.listImports(scope) };
    },
  });
}

/** The two that take a file as their body. They stand alone: nothing else of the API takes anything but JSON. */
export function addFileRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { imports, audit } = features;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer', bodyLimit: mostFileBytes },
    (_request, bytes, done) => done(null, bytes),
  );
  addRoute(app, {
    method: 'POST',
    url: '/imports/units',
    tag: 'organisation',
    summary:
      'Units out of an .xlsx or CSV file, which is the body (application/octet-stream, at most 5 MB); `dryRun=no` writes',
    action: 'manage-units',
    query: importUnitsQuery,
    answer: importResult,
    handle: async ({ scope, actor, query, request }) => {
      const result = await imports.importUnits(scope, actor, query, bytesOf(request));
      if (!result.dryRun)
        await audit.append({
          actor: actor.id,
          action: 'unit.import',
          subject: `unit:${query.unit}`,
          unitId: query.unit,
          reason: query.reason,
          origin: request.ip,
          detail: { import: result.import, file: query.file, counts: result.counts },
        });
      return result;
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/imports/site',
    tag: 'organisation',
    summary: 'Rooms and devices of one school out of a workbook, which is the body; `dryRun=no` writes',
    action: 'adopt',
    query: importSiteQuery,
    answer: importResult,
    handle: async ({ scope, actor, query, request }) => {
      const result = await imports.importSite(scope, actor, query, bytesOf(request));
      if (!result.dryRun)
        await audit.append({
          actor: actor.id,
          action: 'site.import',
          subject: `unit:${query.unit}`,
          unitId: query.unit,
          reason: query.reason,
          origin: request.ip,
          detail: { file: query.file, counts: result.counts },
        });
      return result;
    },
  });
}

function bytesOf({ body }: FastifyRequest): Uint8Array {
  return Buffer.isBuffer(body) ? body : new Uint8Array();
}
