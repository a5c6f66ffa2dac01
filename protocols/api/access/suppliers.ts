import { z } from 'zod';

/** Short and without spaces, as it stands in tables: `VIETTEL-QN`. */
const codeSchema = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9][A-Z0-9._-]{0,29}$/);
const nameSchema = z.string().trim().min(1).max(200);
const contactSchema = z.string().trim().max(300);

/** Who delivered devices and looks after them. */
export const supplierSchema = z
  .object({ id: z.int(), code: z.string(), name: z.string(), contact: z.string().optional(), devices: z.int() })
  .meta({ id: 'Supplier' });
export type Supplier = z.infer<typeof supplierSchema>;
export const suppliersList = z.object({ rows: z.array(supplierSchema) });

/** A supplier as it is named beside a device or a role. */
export const supplierRefSchema = z.object({ id: z.int(), name: z.string() });

export const createSupplierBody = z.strictObject({
  code: codeSchema,
  name: nameSchema,
  contact: contactSchema.optional(),
});
/** An empty contact takes it away. */
export const updateSupplierBody = z.strictObject({
  code: codeSchema.optional(),
  name: nameSchema.optional(),
  contact: contactSchema.optional(),
});
