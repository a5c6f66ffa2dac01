import type { FastifyInstance } from 'fastify';
import {
  addDeviceBody,
  deviceEventsPage,
  deviceEventsQuery,
  deviceSchema,
  devicesPage,
  devicesQuery,
  telemetryQuery,
  telemetrySchema,
  updateDeviceBody,
} from '../../../protocols/api/devices.ts';
import { inScope, NotFoundError, type Scope, seesDevice } from '../../access/index.ts';
import { type RouteContext, scopeOfUnit } from '../context.ts';
import { addRoute } from '../route.ts';
import { idParams } from './params.ts';

/** Devices: lists, one page, its change, and its past. Reads that features answer by id alone are scoped here first. */
export function addDeviceRoutes(app: FastifyInstance, { features, idempotent }: RouteContext): void {
  const { registry, telemetry, history, audit } = features;
  /** The same words for a device that is not there and for one that is elsewhere. */
  const requireDevice = (scope: Scope, id: string) => {
    const device = registry.deviceOf(id);
    if (!device || !seesDevice(scope, device)) throw new NotFoundError();
    return device;
  };

  addRoute(app, {
    method: 'GET',
    url: '/devices',
    tag: 'fleet',
    summary: 'Devices within your scope',
    action: 'read',
    query: devicesQuery,
    answer: devicesPage,
    handle: ({ scope, query }) => registry.listDevices(scopeOfUnit(features, scope, query.unit), query),
  });
  addRoute(app, {
    method: 'POST',
    url: '/devices',
    tag: 'adoption',
    summary: 'Take in a device that discovery cannot find, by its family, address and settings',
    action: 'adopt',
    body: addDeviceBody,
    answer: deviceSchema,
    status: 201,
    idempotent,
    handle: async ({ scope, actor, body, request }) => {
      const device = await registry.addDevice(scope, actor, body);
      await audit.append({
        actor: actor.id,
        action: 'device.add',
        subject: `device:${device.id}`,
        unitId: device.unit.id,
        origin: request.ip,
        detail: { family: body.family, name: body.name, agent: body.agent },
      });
      return device;
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/devices/:id',
    tag: 'fleet',
    summary: 'One device: identity, health, state and latest values',
    action: 'read',
    params: idParams,
    answer: deviceSchema,
    handle: ({ scope, params }) => registry.getDevice(scope, params.id),
  });
  addRoute(app, {
    method: 'PATCH',
    url: '/devices/:id',
    tag: 'fleet',
    summary: 'Change name, place, lifecycle, address or credentials of a device',
    action: 'adopt',
    params: idParams,
    body: updateDeviceBody,
    answer: deviceSchema,
    handle: async ({ scope, actor, params, body, request }) => {
      const device = await registry.updateDevice(scope, actor, params.id, body);
      await audit.append({
        actor: actor.id,
        action: 'device.update',
        subject: `device:${params.id}`,
        unitId: device.unit.id,
        origin: request.ip,
        // That they were changed is told, what they are is not.
        detail: { ...body, ...(body.credentials === undefined ? {} : { credentials: 'changed' }) },
      });
      return device;
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/devices/:id/telemetry',
    tag: 'fleet',
    summary: 'One metric of a device over time',
    action: 'read',
    params: idParams,
    query: telemetryQuery,
    answer: telemetrySchema,
    handle: ({ scope, params, query }) => {
      requireDevice(scope, params.id);
      return telemetry.series(params.id, query);
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/devices/:id/events',
    tag: 'fleet',
    summary: 'What happened to a device, newest first',
    action: 'read',
    params: idParams,
    query: deviceEventsQuery,
    answer: deviceEventsPage,
    handle: ({ scope, params, query }) => {
      const { unitPath } = requireDevice(scope, params.id);
      return history.eventsOf(params.id, query, inScope(scope, unitPath));
    },
  });
}
