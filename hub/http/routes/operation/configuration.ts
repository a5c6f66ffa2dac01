import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  changeConfigurationBody,
  configurationChangeResult,
  configurationHistoryPage,
  configurationHistoryQuery,
  deviceConfigurationSchema,
  driftPage,
  driftQuery,
  revertConfigurationBody,
  unitConfigurationSchema,
} from '../../../../protocols/api/operation/configuration.ts';
import type { RouteContext } from '../../context.ts';
import { addRoute } from '../../route.ts';
import { idParams, unitParams } from '../params.ts';

const changeParams = z.object({ id: z.coerce.number().int() });

/** How devices shall be set, at a unit or at one device. The feature itself writes changes down. */
export function addConfigurationRoutes(app: FastifyInstance, { features, idempotent }: RouteContext): void {
  const { configuration } = features;
  addRoute(app, {
    method: 'GET',
    url: '/units/:id/configuration',
    tag: 'configuration',
    summary: 'What is wished of the devices of a unit, and from where each wish comes',
    action: 'read',
    params: unitParams,
    answer: unitConfigurationSchema,
    handle: ({ scope, params }) => configuration.ofUnit(scope, params.id),
  });
  addRoute(app, {
    method: 'POST',
    url: '/units/:id/configuration',
    tag: 'configuration',
    summary: 'Change what is wished of the devices of a unit, or see what that would come to',
    action: 'configure',
    params: unitParams,
    body: changeConfigurationBody,
    answer: configurationChangeResult,
    idempotent,
    handle: ({ scope, actor, params, body }) => configuration.change(scope, actor, { unit: params.id }, body),
  });
  addRoute(app, {
    method: 'GET',
    url: '/units/:id/configuration/changes',
    tag: 'configuration',
    summary: 'Changes of what is wished at a unit, newest first',
    action: 'read',
    params: unitParams,
    query: configurationHistoryQuery,
    answer: configurationHistoryPage,
    handle: ({ scope, params, query }) => configuration.history(scope, { unit: params.id }, query),
  });
  addRoute(app, {
    method: 'GET',
    url: '/devices/:id/configuration',
    tag: 'configuration',
    summary: 'Desired and reported value of each setting of a device, with age and origin',
    action: 'read',
    params: idParams,
    answer: deviceConfigurationSchema,
    handle: ({ scope, params }) => configuration.ofDevice(scope, params.id),
  });
  addRoute(app, {
    method: 'POST',
    url: '/devices/:id/configuration',
    tag: 'configuration',
    summary: 'Change what is wished of one device, or see what that would come to',
    action: 'configure',
    params: idParams,
    body: changeConfigurationBody,
    answer: configurationChangeResult,
    idempotent,
    handle: ({ scope, actor, params, body }) => configuration.change(scope, actor, { device: params.id }, body),
  });
  addRoute(app, {
    method: 'GET',
    url: '/devices/:id/configuration/changes',
    tag: 'configuration',
    summary: 'Changes of what is wished of one device, newest first',
    action: 'read',
    params: idParams,
    query: configurationHistoryQuery,
    answer: configurationHistoryPage,
    handle: ({ scope, params, query }) => configuration.history(scope, { device: params.id }, query),
  });
  addRoute(app, {
    method: 'POST',
    url: '/configuration/changes/:id/revert',
    tag: 'configuration',
    summary: 'Set back what a change has set, or see what that would come to',
    action: 'configure',
    params: changeParams,
    body: revertConfigurationBody,
    answer: configurationChangeResult,
    idempotent,
    handle: ({ scope, actor, params, body }) => configuration.revert(scope, actor, params.id, body),
  });
  addRoute(app, {
    method: 'GET',
    url: '/configuration/drift',
    tag: 'configuration',
    summary: 'Devices that are not set as is wished',
    action: 'read',
    query: driftQuery,
    answer: driftPage,
    handle: ({ scope, query }) => configuration.drift(scope, query),
  });
}
