import { randomUUID } from 'node:crypto';
import type { ChannelTestResult } from '../../../protocols/api/operation/notification-channels.ts';
import { FleetError } from '../../../protocols/errors.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { Outgoing } from '../channels/channel.ts';
import { wordOf } from '../message/content.ts';
import { type Reader, subjectOf } from '../message/text.ts';

const deadlineMs = 20_000;

/** A word by which a person tries a channel out. */
export function testMessage(nowMs: number, reader: Reader): Outgoing {
  const content = wordOf(
    { vi: 'Tin thử từ Edufleet', en: 'Test message of Edufleet' },
    {
      vi: 'Đây là tin thử. Nếu bạn đọc được, kênh thông báo này hoạt động.',
      en: 'This is a test. When you can read it, this channel works.',
    },
  );
  return {
    id: randomUUID(),
    subject: subjectOf(content, reader),
    content,
    rootId: undefined,
    createdAtMs: nowMs,
    reader,
  };
}

/** Tries once, at once, and tells what came of it. What is not ours is thrown on. */
export async function tryOut(clock: Clock, send: (signal: AbortSignal) => Promise<void>): Promise<ChannelTestResult> {
  using deadline = clock.deadline(deadlineMs);
  try {
    await send(deadline.signal);
    return { ok: true };
  } catch (thrown) {
    if (!(thrown instanceof FleetError)) throw thrown;
    return { ok: false, code: thrown.code, detail: thrown.message };
  }
}
