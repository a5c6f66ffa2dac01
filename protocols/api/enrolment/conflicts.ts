import { z } from 'zod';
import { instantSchema, pageOf, pageQuery, unitRefSchema } from '../page.ts';

/** What a machine says of itself, as it is shown to people. */
const machineSchema = z.object({
  boardSerial: z.string().optional(),
  /** SHA-256 of the public key of its TPM. */
  tpmKey: z.string().optional(),
  macs: z.array(z.string()),
  diskSerials: z.array(z.string()),
});

const conflictDecisions = ['accept', 'dismiss', 'revoke'] as const;

/** Two machines claim to be one agent; the agent is kept out until a person decides. */
export const conflictSchema = z
  .object({
    id: z.string(),
    /**
     * `other-machine`: the identity came from a machine that is not the enrolled one. `two-sessions`: two machines threw each
     * other out again and again. `enrolled-elsewhere`: a machine that is an agent here wanted to enrol at another school.
     * `voucher-reused`: another machine came with the voucher that had enrolled this one.
     */
    kind: z.enum(['other-machine', 'two-sessions', 'enrolled-elsewhere', 'voucher-reused']),
    agent: z.object({ id: z.string(), name: z.string() }),
    unit: unitRefSchema,
    enrolled: machineSchema,
    seen: machineSchema.optional(),
    addresses: z.array(z.string()),
    openedAt: instantSchema,
    lastAt: instantSchema,
    times: z.int().min(1),
    resolvedAt: instantSchema.optional(),
    resolvedBy: z.string().optional(),
    decision: z.enum(conflictDecisions).optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'IdentityConflict' });
export type IdentityConflict = z.infer<typeof conflictSchema>;

export const conflictsQuery = z.object({
  cursor: pageQuery.cursor,
  limit: pageQuery.limit,
  unit: z.coerce.number().int().optional(),
  state: z.enum(['open', 'resolved']).default('open'),
});
export const conflictsPage = pageOf(conflictSchema);

/**
 * `accept`: the machine seen now is the right one from here on. `dismiss`: the enrolled one stays the right one. Both let the
 * agent in again. `revoke`: the agent ends, and the machine must enrol anew.
 */
export const resolveConflictBody = z.strictObject({
  decision: z.enum(conflictDecisions),
  reason: z.string().trim().min(3).max(300),
});
