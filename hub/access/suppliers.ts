import type { z } from 'zod';
import type { createSupplierBody, Supplier, updateSupplierBody } from '../../protocols/api/access/suppliers.ts';
import { isDuplicate, type Store } from '../store/index.ts';
import { sortKey } from '../store/sort-key.ts';
import { ConflictError, NotFoundError } from './error.ts';

/** Register of suppliers; there is one for the province. */
export interface Suppliers {
  /** By name; a few hundred at most. */
  listSuppliers(): Promise<Supplier[]>;
  /** Throws ConflictError for a code that is taken. */
  createSupplier(body: z.output<typeof createSupplierBody>): Promise<Supplier>;
  /** Throws NotFoundError, ConflictError for a code that is taken. */
  updateSupplier(id: number, body: z.output<typeof updateSupplierBody>): Promise<Supplier>;
}

export function createSuppliers(store: Store): Suppliers {
  const read = async (): Promise<Supplier[]> => {
    const rows = await store.db
      .selectFrom('supplier')
      .select(['id', 'code', 'name', 'contact'])
      .select((eb) =>
        eb
          .selectFrom('device')
          .select((inner) => inner.fn.countAll<number>().as('count'))
          .whereRef('device.supplier_id', '=', 'supplier.id')
          .as('devices'),
      )
      .orderBy('name_sort')
      .orderBy('id')
      .limit(2_000)
      .execute();
    return rows.map(({ contact, devices, ...row }) => ({
      ...row,
      devices: Number(devices),
      ...(contact === null ? {} : { contact }),
    }));
  };
  const one = async (id: number): Promise<Supplier> => {
    const found = (await read()).find((row) => row.id === id);
    if (!found) throw new NotFoundError();
    return found;
  };
  const unique = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      if (isDuplicate(thrown)) throw new ConflictError('The code is taken by another supplier.');
      throw thrown;
    }
  };
  return {
    listSuppliers: read,
    createSupplier: async ({ code, name, contact }) => {
      const { id } = await unique(() =>
        store.db
          .insertInto('supplier')
          .values({ code, name, name_sort: sortKey(name), contact: contact || null })
          .returning('id')
          .executeTakeFirstOrThrow(),
      );
      return one(id);
    },
    updateSupplier: async (id, { code, name, contact }) => {
      const before = await one(id);
      const title = name ?? before.name;
      await unique(() =>
        store.db
          .updateTable('supplier')
          .set({
            code: code ?? before.code,
            name: title,
            name_sort: sortKey(title),
            ...(contact === undefined ? {} : { contact: contact || null }),
          })
          .where('id', '=', id)
          .execute(),
      );
      return one(id);
    },
  };
}
