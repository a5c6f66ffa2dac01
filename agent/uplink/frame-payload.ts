import { channels } from '../../protocols/fleet/channels.ts';
import { frameLimits } from '../../protocols/fleet/frame.ts';
import { packText } from '../../protocols/fleet/payload.ts';
import type { Lane } from '../../protocols/fleet/record.ts';
import type { Outbox } from './outbox.ts';
import type { FrameLimits } from './outbox-plan.ts';

/** A frame as it goes out. */
export interface FramePayload {
  readonly lane: Lane;
  readonly through: number;
  readonly payload: Buffer;
}

/** Epoch, lane, numbers and time around the records. */
const headerBytes = 256;

/**
 * The next frame of a lane after number `after`, packed; undefined when the lane has nothing more. The outbox checked each
 * record when it took it, so the text goes out as it was stored. What does not pack into the channel is cut smaller.
 */
export function nextPayload(outbox: Outbox, lane: Lane, after: number, sentAtMs: number): FramePayload | undefined {
  let limits: FrameLimits = { records: frameLimits.records, bytes: frameLimits.bytes - headerBytes };
  for (;;) {
    const frame = outbox.nextFrame(lane, after, limits);
    if (!frame) return undefined;
    const { from, through, recordsJson } = frame;
    const header = JSON.stringify({ epoch: outbox.epoch, sentAt: Math.round(sentAtMs), lane, from, through });
    const payload = packText(`${header.slice(0, -1)},"records":${recordsJson}}`);
    if (payload.length <= channels['up/frames'].maxBytes) return { lane, through, payload };
    limits = { ...limits, bytes: Math.floor(limits.bytes / 2) };
  }
}
