import { llrpPort } from '../../../protocols/llrp/messages.ts';
import { type DriverContext, defineDriver } from '../driver.ts';
import { recogniseReaders } from './discovery.ts';
import { family } from './mapping.ts';
import { createMemory, type GateMemory } from './memory.ts';
import { openSession } from './session.ts';
import { type Settings, settingsSchema } from './settings.ts';

/** A context lives as long as its device is wanted with these settings, so what it remembers spans its connections. */
const memories = new WeakMap<DriverContext<Settings>, GateMemory>();

/** Library gates with a UHF reader that speaks LLRP; gates of other kinds by its inputs. */
export const rfidGate = defineDriver<Settings>({
  family,
  label: { vi: 'Cổng thư viện RFID', en: 'RFID library gate' },
  settings: settingsSchema,
  defaultPort: llrpPort,
  capabilities: ['identity', 'gate', 'tagreader'],
  connect: async (context) => {
    const memory = memories.get(context) ?? createMemory();
    memories.set(context, memory);
    return await openSession(context, memory);
  },
  traces: { ports: [llrpPort] },
  recognise: recogniseReaders,
});
