import { defineDriver } from '../driver.ts';
import { debuggingServices, findListedHeadsets, recogniseHeadsets } from './discovery.ts';
import { family } from './mapping.ts';
import { HeadsetSession, headsetPort } from './session.ts';
import { settingsSchema } from './settings.ts';

/** Android headsets (Quest, Pico) that allow debugging, by way of the adb server of the agent's machine. */
export const vrHeadset = defineDriver({
  family,
  label: { vi: 'Kính thực tế ảo', en: 'VR headset' },
  settings: settingsSchema,
  defaultPort: headsetPort,
  capabilities: ['identity', 'power', 'battery', 'temperature', 'storage', 'apps'],
  needs: ({ server }) => [{ kind: 'server', name: 'adb', package: 'adb', address: server }],
  connect: async (context) => {
    const session = new HeadsetSession(context);
    await session.open(context.signal);
    await session.poll(context.signal);
    return session;
  },
  discover: findListedHeadsets,
  traces: { services: debuggingServices, ports: [headsetPort] },
  recognise: recogniseHeadsets,
});
