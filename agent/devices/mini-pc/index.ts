import { z } from 'zod';
import { defineDriver } from '../driver.ts';
import { family } from './mapping.ts';
import { MiniPcSession } from './session.ts';

/** The machine that the agent itself runs on. */
export const miniPc = defineDriver({
  family,
  label: { vi: 'Máy tính nhỏ', en: 'Mini-PC' },
  settings: z.strictObject({
    /** Seconds between two polls. */
    pollSeconds: z.int().min(5).max(3_600).default(30),
  }),
  defaultPort: undefined,
  capabilities: ['identity', 'host', 'storage', 'temperature', 'firmware'],
  connect: async (context) => {
    const session = new MiniPcSession(context);
    await session.poll(context.signal);
    return session;
  },
});
