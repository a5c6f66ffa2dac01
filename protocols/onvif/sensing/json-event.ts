import { ProtocolError } from '../../bytes/error.ts';
import { parseDateTime } from '../values.ts';
import { type Notification, readNotification, readOperation } from './notification.ts';

/** Longest event that is read. */
export const maxJsonEventBytes = 64 * 1024;

const maxItems = 64;

/**
 * Reads one event that a device published as JSON [ONVIF Core 9.12.6, `onvif-ej`]. An empty payload says that the property
 * of this topic is gone; its source is known to whoever remembers the topic. Devices of before 22.06 have a group for the
 * key and tell the operation. Throws ProtocolError, also for a topic that does not begin with `topicPrefix`.
 */
export function parseJsonEvent(topicPrefix: string, topic: string, payload: Uint8Array): Notification {
  const message = payload.byteLength === 0 ? undefined : parseMessage(payload);
  const [source, key, data] = (['Source', 'Key', 'Data'] as const).map((group) => itemsOf(message?.[group]));
  const at = message?.['UtcTime'];
  const notification = readNotification({
    topic: localTopic(topicPrefix, topic),
    at: typeof at === 'string' ? parseDateTime(at) : undefined,
    operation: message ? readOperation(message['PropertyOperation']) : 'Deleted',
    source: [...(source?.simple ?? []), ...(key?.simple ?? [])],
    data: data?.simple ?? [],
    complexItems: data?.complex ?? 0,
  });
  if (!notification) throw new ProtocolError('malformed', `an event without topic: ${topic.slice(0, 200)}`);
  return notification;
}

/** The values of the source follow after `/&`; they are in the payload too, with their names. */
function localTopic(topicPrefix: string, topic: string): string {
  const start = `${topicPrefix}/onvif-ej/`;
  if (!topic.startsWith(start)) {
    throw new ProtocolError('malformed', `the topic ${topic.slice(0, 200)} is no event below ${topicPrefix}`);
  }
  return topic.slice(start.length).split('/&', 1)[0] ?? '';
}

function parseMessage(payload: Uint8Array): Readonly<Record<string, unknown>> {
  if (payload.byteLength > maxJsonEventBytes) {
    throw new ProtocolError(
      'oversize',
      `an event of ${payload.byteLength} bytes, at most ${maxJsonEventBytes} are read`,
    );
  }
  try {
    const message: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    if (isRecord(message)) return message;
  } catch (thrown) {
    throw new ProtocolError('malformed', 'an event that is no JSON', { cause: thrown });
  }
  throw new ProtocolError('malformed', 'an event that is no JSON object');
}

/** Quotes may be left out of numbers and of true and false; what is nested describes what was seen, and is only counted. */
function itemsOf(group: unknown): {
  readonly simple: readonly (readonly [string, string])[];
  readonly complex: number;
} {
  if (!isRecord(group)) return { simple: [], complex: 0 };
  const entries = Object.entries(group).slice(0, maxItems);
  const simple = entries.flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [[name, String(value)] as const]
      : [],
  );
  return { simple, complex: entries.length - simple.length };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
