import { channels, type UpChannel } from '../../protocols/fleet/channels.ts';
import { maySubscribe, parseTopic } from '../../protocols/fleet/topics.ts';
import { Rejection } from './error.ts';

/** The parts of a PUBLISH that decide whether it is taken. */
export interface PublishFacts {
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
}

/**
 * The channel of a publication by this agent. Throws Rejection for whatever is not exactly one of its own `up` channels
 * at the quality of the contract or below, not retained. Everything comes from the table of channels.
 */
export function channelOf(agentId: string, { topic, qos, retain }: PublishFacts): UpChannel {
  if (topic.startsWith('$')) throw new Rejection('reserved-topic', `the topic ${shown(topic)} belongs to the broker`);
  const parsed = parseTopic(topic);
  if (parsed?.agent !== agentId || channels[parsed.channel].direction !== 'up')
    throw new Rejection('foreign-topic', `${agentId} may not publish on ${shown(topic)}`);
  if (qos > 1) throw new Rejection('quality-of-service', `${shown(topic)} takes QoS 0 or 1, not ${qos}`);
  if (retain) throw new Rejection('retained', `nothing is retained, neither on ${shown(topic)}`);
  return parsed.channel as UpChannel;
}

/** Whether this agent may subscribe to this filter: its own `down` channels by their exact names. */
export function mayRead(agentId: string, filter: string): boolean {
  return maySubscribe(agentId, filter);
}

/** Last defence before a message leaves: only what is on a `down` channel of this very agent. */
export function mayReceive(agentId: string, topic: string): boolean {
  const parsed = parseTopic(topic);
  return parsed?.agent === agentId && channels[parsed.channel].direction === 'down';
}

/** Text from a wire, short enough for a log line. */
export function shown(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
