import { createHash } from 'node:crypto';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Registry } from '../registry/index.ts';
import { parseFrame } from './parse.ts';
import type { CheckContext } from './record-check.ts';
import type { Item } from './work.ts';

export interface Reader {
  read(agentId: string, message: Item): Promise<Item>;
  /** Remembers what is durable now. */
  stored(items: readonly Item[]): void;
}

const dayMs = 86_400_000;
/** Clocks may be a day ahead; what is older than the longest retention has no place. */
const clockBounds = { aheadMs: dayMs, behindMs: 1_830 * dayMs } as const;
/** A device that is not known is looked up in the database once in this time for each agent. */
const lookAgainMs = 10_000;

export interface ReaderDeps {
  readonly registry: Pick<Registry, 'deviceOf' | 'readAgain'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Reads payloads of frames; what each agent greeted with decides how a payload without a header is answered. */
export function createReader({ registry, clock, log }: ReaderDeps): Reader {
  const epochs = new Map<string, string>();
  /** Hash of the last unreadable payload of an agent: one that comes again and again is kept once. */
  const unreadable = new Map<string, string>();
  const lookedAt = new Map<string, number>();

  const parse = (agentId: string, payload: Uint8Array) => {
    let strangers = 0;
    const now = clock.now();
    const context: CheckContext = {
      owns: (deviceId) => {
        const own = registry.deviceOf(deviceId)?.agentId === agentId;
        if (!own) strangers++;
        return own;
      },
      earliest: now - clockBounds.behindMs,
      latest: now + clockBounds.aheadMs,
    };
    const parsed = parseFrame(payload, context);
    return { parsed, strangers };
  };
  /** Another hub may have adopted the device a moment ago. */
  const mayLookAgain = (agentId: string): boolean => {
    const at = lookedAt.get(agentId);
    if (at !== undefined && clock.mono() - at < lookAgainMs) return false;
    lookedAt.set(agentId, clock.mono());
    return true;
  };

  return {
    read: async (agentId, message) => {
      if (message.kind === 'hello') epochs.set(agentId, message.hello.epoch);
      if (message.kind !== 'payload') return message;
      const { payload } = message;
      let { parsed, strangers } = parse(agentId, payload);
      if (strangers > 0 && mayLookAgain(agentId)) {
        await registry.readAgain(agentId);
        ({ parsed, strangers } = parse(agentId, payload));
      }
      if (parsed.kind !== 'unreadable') return { kind: 'frame', agentId, frame: parsed };
      const hash = createHash('sha256').update(payload).digest('base64');
      const seen = unreadable.get(agentId) === hash;
      const { code } = parsed.flaw;
      log.warn('a frame cannot be read', { agent: agentId, code, bytes: payload.length, again: seen });
      return { kind: 'unreadable', agentId, flaw: parsed.flaw, epoch: epochs.get(agentId), hash, seen };
    },
    stored: (items) => {
      for (const item of items) if (item.kind === 'unreadable') unreadable.set(item.agentId, item.hash);
    },
  };
}
