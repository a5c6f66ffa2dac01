import { z } from 'zod';
import { instantSchema, pageOf, pageQuery, unitRefSchema } from '../page.ts';

const proposalSchema = z
  .object({
    id: z.string(),
    agent: z.object({ id: z.string(), name: z.string() }),
    unit: unitRefSchema,
    family: z.string(),
    address: z.object({ host: z.string(), port: z.int().optional() }),
    name: z.string().optional(),
    vendor: z.string().optional(),
    model: z.string().optional(),
    serial: z.string().optional(),
    macs: z.array(z.string()),
    needsCredentials: z.boolean(),
    evidence: z.array(z.string()),
    /** `certain`: it answered as its family does; `likely`: it says that it is one; `possible`: something hints at it. */
    confidence: z.enum(['certain', 'likely', 'possible']),
    /** With these it is adopted, unless others are given. Secret ones are not shown, and stay. */
    settings: z.record(z.string(), z.unknown()).optional(),
    status: z.enum(['open', 'adopted', 'refused']),
    device: z.string().optional(),
    firstSeenAt: instantSchema,
    lastSeenAt: instantSchema,
  })
  .meta({ id: 'Proposal' });
export type ProposalView = z.infer<typeof proposalSchema>;

export const proposalsQuery = z.object({
  ...pageQuery,
  agent: z.string().max(40).optional(),
  unit: z.coerce.number().int().optional(),
  status: z.enum(['open', 'adopted', 'refused']).default('open'),
});
export const proposalsPage = pageOf(proposalSchema);

/** Takes proposals into the fleet, all or none; `dryRun` only tells what would happen. */
export const adoptBody = z.strictObject({
  dryRun: z.boolean().default(false),
  items: z
    .array(
      z.strictObject({
        proposal: z.string().max(40),
        name: z.string().trim().min(1).max(200).optional(),
        /** School or room; the agent's own unit when absent. */
        unit: z.int().optional(),
        credentials: z
          .strictObject({ username: z.string().max(200).optional(), password: z.string().max(200).optional() })
          .optional(),
        /** In place of what was proposed. */
        settings: z.record(z.string().max(80), z.unknown()).optional(),
      }),
    )
    .min(1)
    .max(200),
});
export const adoptResult = z.object({
  dryRun: z.boolean(),
  adopted: z.array(z.object({ proposal: z.string(), device: z.string(), name: z.string() })),
  refused: z.array(
    z.object({
      proposal: z.string(),
      code: z.string(),
      message: z.string(),
      /** Which setting it is about. */
      field: z.string().optional(),
    }),
  ),
});
export const refuseBody = z.strictObject({
  proposals: z.array(z.string().max(40)).min(1).max(200),
  reason: z.string().max(300).optional(),
});
/** Ids of the proposals that are refused now. */
export const refuseResult = z.object({ refused: z.array(z.string()) });
