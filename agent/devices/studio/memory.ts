import type { CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { DeviceError } from '../error.ts';
import type { RigView } from './rig-view.ts';

/** Who holds a studio. The end is kept by both clocks: one decides, the other is shown. */
interface Hold {
  readonly holder: string;
  readonly untilMono: number;
  readonly untilWall: number;
}

/** What a studio remembers as long as it is wanted, over its connections. It does not outlive the agent. */
export interface StudioMemory {
  hold: Hold | undefined;
  scene: string | undefined;
  lastRun: CapabilityState<'studio'>['lastRun'];
  /** What was told last, to see what has changed. */
  told: RigView | undefined;
  /** Parts that were told to end what they do: their end is no failure. */
  readonly ending: Set<string>;
}

const minuteMs = 60_000;

export function createMemory(): StudioMemory {
  return { hold: undefined, scene: undefined, lastRun: undefined, told: undefined, ending: new Set() };
}

/** Who holds the studio now. */
export function currentHold({ hold }: StudioMemory, clock: Clock): Hold | undefined {
  return hold && clock.mono() < hold.untilMono ? hold : undefined;
}

/** Throws DeviceError `busy` when somebody else holds the studio. */
export function requireObeyed(memory: StudioMemory, clock: Clock, asker: string | undefined): void {
  const hold = currentHold(memory, clock);
  if (!hold || hold.holder === asker) return;
  const minutes = Math.ceil((hold.untilMono - clock.mono()) / minuteMs);
  throw new DeviceError('busy', `${hold.holder} holds the studio for ${minutes} more minutes`, {
    details: { holder: hold.holder, until: hold.untilWall },
  });
}

/** Gives the studio to `holder` for `minutes` from now. */
export function holdFor(memory: StudioMemory, clock: Clock, holder: string, minutes: number): Hold {
  const forMs = minutes * minuteMs;
  memory.hold = { holder, untilMono: clock.mono() + forMs, untilWall: Math.round(clock.now()) + forMs };
  return memory.hold;
}
