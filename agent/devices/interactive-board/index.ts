import { defineDriver } from '../driver.ts';
import { boardPorts, recogniseBoards } from './discovery.ts';
import { family } from './mapping.ts';
import { BoardSession } from './session.ts';
import { settingsSchema } from './settings.ts';

/** Interactive boards and displays, whose wire is named by the vendor profile of their settings. Nothing is ever probed: boards are recognised by what they announce, and by ports that are opened without a byte. */
export const interactiveBoard = defineDriver({
  family,
  label: { vi: 'Bảng tương tác', en: 'Interactive board' },
  settings: settingsSchema,
  // Each profile has its own.
  defaultPort: undefined,
  capabilities: [
    'identity',
    'power',
    'input',
    'volume',
    'video',
    'lock',
    'message',
    'temperature',
    'usage',
    'diagnostics',
    'wake',
  ],
  connect: async (context) => {
    context.signal.throwIfAborted();
    const session = new BoardSession(context);
    // A board that may be asleep has a session all the same: only a session can carry out the order to wake it.
    if (!context.settings.wake) await session.poll(context.signal);
    return session;
  },
  traces: { searchTargets: [], ports: boardPorts },
  recognise: recogniseBoards,
});
