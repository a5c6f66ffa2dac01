import { type ChannelName, channels, downChannels } from './channels.ts';
import { type AgentId, agentIdSchema } from './ids.ts';

const prefix = 'fleet/v1';

/** `fleet/v1/<agent>/<up|down>/<channel>`. */
export function topicOf(agent: AgentId, channel: ChannelName): string {
  return `${prefix}/${agent}/${channel}`;
}

/** Agent and channel of a topic; undefined for anything that is not exactly a topic of the contract. */
export function parseTopic(topic: string): { readonly agent: AgentId; readonly channel: ChannelName } | undefined {
  const parts = topic.split('/');
  if (parts.length !== 5 || parts[0] !== 'fleet' || parts[1] !== 'v1') return undefined;
  const channel = `${parts[3]}/${parts[4]}`;
  const agent = agentIdSchema.safeParse(parts[2]);
  if (!agent.success || !Object.hasOwn(channels, channel)) return undefined;
  return { agent: agent.data, channel: channel as ChannelName };
}

/** An agent publishes on its own `up` channels and nowhere else. */
export function mayPublish(agent: AgentId, topic: string): boolean {
  const parsed = parseTopic(topic);
  return parsed?.agent === agent && channels[parsed.channel].direction === 'up';
}

/** An agent subscribes to its own `down` channels, each by its exact name; no wildcard is ever granted. */
export function maySubscribe(agent: AgentId, filter: string): boolean {
  return downChannels.some((channel) => topicOf(agent, channel) === filter);
}
