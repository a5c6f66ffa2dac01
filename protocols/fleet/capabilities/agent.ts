import { z } from 'zod';
import { defineCapability } from './capability.ts';

/** The agent itself. No device has it: its events belong to the agent alone. */
export const agent = defineCapability({
  name: 'agent',
  label: { vi: 'Bộ thu thập', en: 'Agent' },
  state: z.object({}),
  metrics: {},
  events: {
    /** A damaged outbox was put aside: what it held and the hub had not stored is lost. */
    'outbox-replaced': z.object({ reason: z.string().max(500) }),
  },
  commands: {},
});
