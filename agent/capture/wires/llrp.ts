import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { createMessageFramer, decodeMessage, type Message } from '../../../protocols/llrp/messages.ts';
import { readEvents, readTags } from '../../../protocols/llrp/reports.ts';
import type { Pseudonyms } from '../pseudonyms.ts';
import { type Edit, editOccurrences } from '../rewrite.ts';

/** Whether a stream is what a reader says: its first message says whose the connection is [LLRP 1.0.1 section 18.1]. */
export function isReader(bytes: Uint8Array): boolean {
  const [first] = messagesOf(bytes);
  return first?.message !== undefined && readEvents(first.message).some(({ kind }) => kind === 'connection-attempt');
}

/** Every tag in the stream of a reader by its pseudonym, in the message that tells it. */
export function tagEdits(bytes: Uint8Array, pseudonyms: Pseudonyms): readonly Edit[] {
  return messagesOf(bytes).flatMap(({ message, frame, from }) => {
    const text = Buffer.from(frame).toString('latin1');
    const binary = (hex: string) => Buffer.from(hex, 'hex').toString('latin1');
    const tags = message ? readTags(message) : [];
    return tags.flatMap(({ epc }) =>
      editOccurrences(text, binary(epc), binary(pseudonyms.tag(epc))).map((edit) => ({
        ...edit,
        from: edit.from + from,
        to: edit.to + from,
      })),
    );
  });
}

interface Placed {
  readonly message: Message | undefined;
  readonly frame: Uint8Array;
  readonly from: number;
}

/** Whole messages and where they begin; a stream that stops making sense ends there. */
function messagesOf(bytes: Uint8Array): readonly Placed[] {
  const placed: Placed[] = [];
  let from = 0;
  try {
    for (const frame of createMessageFramer().push(bytes)) {
      placed.push({ message: decoded(frame), frame, from });
      from += frame.length;
    }
  } catch (thrown) {
    if (!(thrown instanceof ProtocolError)) throw thrown;
  }
  return placed;
}

function decoded(frame: Uint8Array): Message | undefined {
  try {
    return decodeMessage(frame);
  } catch (thrown) {
    if (thrown instanceof ProtocolError) return undefined;
    throw thrown;
  }
}
