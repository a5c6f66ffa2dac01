import { z } from 'zod';

/** In place of a capability in events of the agent itself, which name no device. */
export const agentSubject = 'agent';

/** Events of the agent itself, by name, with what each tells. */
export const agentEvents: Readonly<Record<string, z.ZodObject>> = {
  /** A damaged outbox was put aside: what it held and the hub had not stored is lost. */
  'outbox-replaced': z.object({ reason: z.string().max(500) }),
};
