import { pjlinkPort } from '../../../protocols/pjlink/line.ts';
import { defineDriver } from '../driver.ts';
import { discoverProjectors } from './discovery.ts';
import { family } from './mapping.ts';
import { listenForNotices } from './notices.ts';
import { ProjectorSession } from './session.ts';
import { settingsSchema } from './settings.ts';

/** Projectors and displays that speak PJLink class 1 or 2. */
export const pjlinkProjector = defineDriver({
  family,
  label: { vi: 'Máy chiếu', en: 'Projector' },
  settings: settingsSchema,
  defaultPort: pjlinkPort,
  capabilities: ['identity', 'power', 'input', 'lamp', 'temperature', 'video', 'volume'],
  connect: async (context) => {
    const session = new ProjectorSession(context);
    await session.poll(context.signal);
    return session;
  },
  listen: listenForNotices,
  discover: discoverProjectors,
});
