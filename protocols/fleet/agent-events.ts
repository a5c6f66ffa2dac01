import { z } from 'zod';
import { deviceIdSchema, timestampSchema } from './ids.ts';
import { problemSchema } from './problem.ts';

/** In place of a capability in events of the agent itself, which name no device. */
export const agentSubject = 'agent';

const number = z.int().min(1);
const part = z.string().max(40);
const run = z.string().min(1).max(160);

/** Events of the agent itself, by name, with what each tells. */
export const agentEvents: Readonly<Record<string, z.ZodObject>> = {
  /** A damaged outbox was put aside: what it held and the hub had not stored is lost. */
  'outbox-replaced': z.object({ reason: z.string().max(500) }),
  /** A bundle of policies holds from now on. */
  'policy-taken': z.object({ number, schedules: z.int().min(0), rules: z.int().min(0), expiresAt: timestampSchema }),
  /** A bundle was not taken: somebody else's, another agent's, an older one, or one that cannot be read. */
  'policy-refused': z.object({ code: z.string().max(64), message: z.string().max(500) }),
  /** The newest bundle on the disk was no good; this number holds in its place, 0 for none. */
  'policy-fallback': z.object({ reason: z.string().max(500), number: z.int().min(0) }),
  /** How far the bundle still holds: see `BundlePhase`. */
  'policy-phase': z.object({ phase: z.enum(['early', 'live', 'grace', 'over']), number }),
  /** How a run of a schedule or a rule ended. It may come twice; `run` names it once and for all. */
  'policy-run': z.object({
    run,
    part,
    number,
    plannedAt: timestampSchema,
    isLate: z.boolean(),
    startedAt: timestampSchema.optional(),
    device: deviceIdSchema,
    capability: z.string().max(40),
    command: z.string().max(40),
    state: z.enum(['succeeded', 'failed', 'expired', 'unknown', 'cancelled']),
    problem: problemSchema.optional(),
  }),
  /** What was planned and did not run, one for each moment and reason. It may come twice. */
  'policy-passed': z.object({
    run,
    part,
    number,
    plannedAt: timestampSchema,
    capability: z.string().max(40),
    command: z.string().max(40),
    why: z.enum(['missed', 'superseded', 'frozen']),
    count: z.int().min(1),
    /** The first 50. */
    devices: z.array(deviceIdSchema).max(50),
  }),
  /** A local rule acted, or would have but for its bounds or an examination. It may come twice. */
  'policy-rule': z.object({
    run,
    part,
    number,
    device: deviceIdSchema,
    /** Of the event that it watches. */
    name: z.string().max(40).optional(),
    outcome: z.enum(['fired', 'cooldown', 'too-often', 'frozen']),
    text: z.string().max(200).optional(),
  }),
};
