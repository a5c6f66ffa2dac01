import type { Clock } from '../../../protocols/ports.ts';
import { DeviceError } from '../error.ts';
import type { Channel } from './channel.ts';
import type { Abilities } from './mapping.ts';
import type { PanelWire, Readings } from './panel-wire.ts';
import type { Reader } from './reading.ts';
import type { Settings } from './settings.ts';

/** What a command needs from its session. */
export interface CommandContext {
  readonly open: () => Promise<Channel>;
  readonly reader: Reader;
  readonly wire: PanelWire;
  readonly abilities: Abilities;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Sends the magic packet; undefined when the settings name no card. */
  readonly sendWake: (() => Promise<void>) | undefined;
  /** Told each power state that is seen on the way. */
  readonly onPower: (power: Readings['power']) => void;
}

export type Output = Readonly<Record<string, unknown>>;

/** The power state, or undefined when the board cannot be asked now. Throws only for a refused PIN, and when it is aborted. */
export async function readPowerOnce(
  context: Pick<CommandContext, 'open' | 'reader'>,
): Promise<Readings['power'] | undefined> {
  try {
    await using channel = await context.open();
    return await context.reader.readPower(channel);
  } catch (thrown) {
    if (thrown instanceof DeviceError && thrown.code !== 'authentication') return undefined;
    throw thrown;
  }
}
