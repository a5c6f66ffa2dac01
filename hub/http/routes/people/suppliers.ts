import type { FastifyInstance } from 'fastify';
import {
  createSupplierBody,
  supplierSchema,
  suppliersList,
  updateSupplierBody,
} from '../../../../protocols/api/access/suppliers.ts';
import type { RouteContext } from '../../context.ts';
import { addRoute } from '../../route.ts';
import { unitParams } from '../params.ts';

/** The register of suppliers; there is one for the province. */
export function addSupplierRoutes(app: FastifyInstance, { features }: RouteContext): void {
  const { access, audit } = features;
  addRoute(app, {
    method: 'GET',
    url: '/suppliers',
    tag: 'people',
    summary: 'Who delivers devices and looks after them',
    action: 'adopt',
    answer: suppliersList,
    handle: async () => ({ rows: await access.listSuppliers() }),
  });
  addRoute(app, {
    method: 'POST',
    url: '/suppliers',
    tag: 'people',
    summary: 'Add a supplier to the register',
    action: 'manage-people',
    body: createSupplierBody,
    answer: supplierSchema,
    status: 201,
    handle: async ({ actor, body, request }) => {
      const made = await access.createSupplier(body);
      const entry = { actor: actor.id, action: 'supplier.create', subject: `supplier:${made.id}`, origin: request.ip };
      await audit.append({ ...entry, detail: { ...body } });
      return made;
    },
  });
  addRoute(app, {
    method: 'PATCH',
    url: '/suppliers/:id',
    tag: 'people',
    summary: 'Change a supplier',
    action: 'manage-people',
    params: unitParams,
    body: updateSupplierBody,
    answer: supplierSchema,
    handle: async ({ actor, params, body, request }) => {
      const changed = await access.updateSupplier(params.id, body);
      const entry = {
        actor: actor.id,
        action: 'supplier.update',
        subject: `supplier:${params.id}`,
        origin: request.ip,
      };
      await audit.append({ ...entry, detail: { ...body } });
      return changed;
    },
  });
}
