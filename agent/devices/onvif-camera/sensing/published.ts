import { parseJsonEvent } from '../../../../protocols/onvif/sensing/json-event.ts';
import type { Notification } from '../../../../protocols/onvif/sensing/notification.ts';

/** Topics that a camera has published to since it signed in, each with the last event. */
export interface Published {
  readonly byTopic: ReadonlyMap<string, Notification>;
}

export const nothingPublished: Published = { byTopic: new Map() };

/** Topics that are remembered; events of others pass as states of before. */
const maxTopics = 512;

interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly isRetained: boolean;
}

/**
 * Reads what a camera published into an event as a pull point tells it. A published event does not say what became of it
 * [ONVIF Core 9.12.7]: the first of a topic tells a state as it was, later ones its changes. The end of a property is an
 * empty message, whose source is that of the last event of its topic. Throws ProtocolError.
 */
export function readPublished(
  published: Published,
  topicPrefix: string,
  { topic, payload, isRetained }: Message,
): { readonly published: Published; readonly notification: Notification } {
  const event = parseJsonEvent(topicPrefix, topic, payload);
  const last = published.byTopic.get(topic);
  if (event.operation === 'Deleted') {
    return {
      published,
      notification: { ...event, source: event.source.size > 0 ? event.source : (last?.source ?? event.source) },
    };
  }
  // What carries no state, such as a crossed line, is no property: it happens each time anew.
  const isProperty = event.data.size > 0;
  const isState = isRetained || (isProperty && last === undefined);
  const operation = event.operation ?? (isState ? 'Initialized' : isProperty ? 'Changed' : undefined);
  return {
    published:
      last === undefined && published.byTopic.size >= maxTopics ? published : remember(published, topic, event),
    notification: { ...event, operation },
  };
}

function remember({ byTopic }: Published, topic: string, event: Notification): Published {
  return { byTopic: new Map([...byTopic, [topic, event]]) };
}
