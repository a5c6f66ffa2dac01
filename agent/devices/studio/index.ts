import { type DriverContext, defineDriver } from '../driver.ts';
import { family } from './mapping.ts';
import { createMemory, type StudioMemory } from './memory.ts';
import { openSession } from './session.ts';
import { type Settings, settingsSchema } from './settings.ts';

/** A context lives as long as its device is wanted with these settings, so what it remembers spans its connections. */
const memories = new WeakMap<DriverContext<Settings>, StudioMemory>();

/** A recording studio: OBS, cameras, recorders and switchers that work as one rig. */
export const studio = defineDriver<Settings>({
  family,
  label: { vi: 'Phòng thu', en: 'Recording studio' },
  settings: settingsSchema,
  defaultPort: undefined,
  capabilities: [
    'identity',
    'studio',
    'scene',
    'recording',
    'streaming',
    'ptz',
    'power',
    'sound',
    'virtualcamera',
    'snapshot',
  ],
  connect: async (context) => {
    const memory = memories.get(context) ?? createMemory();
    memories.set(context, memory);
    return await openSession(context, memory);
  },
});
