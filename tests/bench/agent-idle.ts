import { createLoopDelay, type LoopDelay } from './loop-delay.ts';

/** A process of its own: a Node that does nothing, measured as the agent is. */

export interface IdleReport {
  readonly rssBytes: number;
  readonly loopMs: LoopDelay;
}

const takeLoopDelay = createLoopDelay();
process.on('message', () => {
  const told: IdleReport = { rssBytes: process.memoryUsage.rss(), loopMs: takeLoopDelay() };
  process.send?.(told);
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
