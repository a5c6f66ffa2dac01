import { z } from 'zod';
import { instantSchema, unitRefSchema } from '../page.ts';
import { supplierRefSchema } from './suppliers.ts';

export const roleSchema = z.enum([
  'province-admin',
  'operator',
  'engineer',
  'approver',
  'accountant',
  'school-it',
  'supplier',
  'auditor',
]);
export type Role = z.infer<typeof roleSchema>;

/** Everything that a role may allow; every role may read within its part of the organisation. */
export const actionSchema = z.enum([
  'read',
  'adopt',
  'command',
  /** Say how devices shall be set. */
  'configure',
  /** Set ordinary care aside: preconditions that may be overruled, the freeze of an examination. */
  'override',
  /** Agree, as the second person, to what somebody else wishes. */
  'approve',
  'view-picture',
  'manage-units',
  /** Take problems on: acknowledge, assign, comment, mute, open maintenance windows. */
  'work-problems',
  /** Say by rules what is a problem, and who is called when nobody acknowledges. */
  'manage-rules',
  'manage-calendar',
  'manage-policies',
  /** Bring releases to the hub, and the metadata that signs them. */
  'manage-releases',
  'issue-voucher',
  'manage-agents',
  'manage-people',
  'manage-notifications',
  'view-audit',
  'view-quarantine',
]);

/** What a signed-in person may see and do. */
export const meSchema = z.object({
  user: z.object({ id: z.string(), name: z.string(), email: z.string() }),
  grants: z.array(z.object({ role: roleSchema, unit: unitRefSchema, supplier: supplierRefSchema.optional() })),
  /** Actions this person may take somewhere; the page hides what is not here. */
  may: z.array(actionSchema.exclude(['read'])),
  /** You sign in by a second step. */
  twoFactor: z.boolean().optional(),
  /** End of administrator's rights that you were given at the server itself, past all roles. */
  emergencyUntil: instantSchema.optional(),
  version: z.string(),
});
export type Me = z.infer<typeof meSchema>;
