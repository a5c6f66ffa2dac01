import { z } from 'zod';
import { instantSchema, pageOf, pageQuery, unitRefSchema } from '../page.ts';
import { roleSchema } from './session.ts';
import { supplierRefSchema } from './suppliers.ts';

const grantSchema = z.object({
  role: roleSchema,
  unit: unitRefSchema,
  /** It ends by itself then. */
  until: instantSchema.optional(),
  /** Of the role `supplier`: whose devices are seen; nothing is without it. */
  supplier: supplierRefSchema.optional(),
  /** Given by a sign-in provider, which replaces it at each sign-in; by a person without it. */
  source: z.string().optional(),
});

/** Somebody who may sign in. */
export const personSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    createdAt: instantSchema,
    /** May not sign in any more. */
    disabled: z.boolean(),
    /** Has not yet changed the password that was handed out. */
    temporaryPassword: z.boolean(),
    /** Signs in by a second step. */
    twoFactor: z.boolean().optional(),
    /** How many passkeys they have. */
    passkeys: z.int().optional(),
    grants: z.array(grantSchema),
  })
  .meta({ id: 'Person' });
export type Person = z.infer<typeof personSchema>;

export const peopleQuery = z.object({
  ...pageQuery,
  unit: z.coerce.number().int().optional(),
  role: roleSchema.optional(),
  state: z.enum(['active', 'disabled']).optional(),
});
export const peoplePage = pageOf(personSchema);

export const grantBody = z.strictObject({
  role: roleSchema,
  unit: z.int(),
  /** The role `supplier` must have an end, two years from now at most. */
  until: instantSchema.optional(),
  /** The role `supplier` names one, and no other role does. */
  supplier: z.int().optional(),
});

export const createPersonBody = z.strictObject({
  name: z.string().trim().min(1).max(200),
  email: z.email().max(254),
  grants: z.array(grantBody).min(1).max(20),
});

/** The password is shown once, here; the person changes it at the first sign-in. */
export const personWithPasswordSchema = z.object({ person: personSchema, password: z.string() });

export const updatePersonBody = z.strictObject({
  name: z.string().trim().min(1).max(200).optional(),
  disabled: z.boolean().optional(),
  /** In place of all grants. */
  grants: z.array(grantBody).min(1).max(20).optional(),
  reason: z.string().trim().max(300).optional(),
});
