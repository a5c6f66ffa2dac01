import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChannelName, channelNames, channels } from '../../../protocols/fleet/channels.ts';
import { agentIdSchema, deviceIdSchema } from '../../../protocols/fleet/ids.ts';
import { mayPublish, maySubscribe, parseTopic, topicOf } from '../../../protocols/fleet/topics.ts';
import { arbitraryOf } from '../../support/arbitraries.ts';

const agents = arbitraryOf(agentIdSchema);
const names = fc.constantFrom<ChannelName>(...channelNames);

describe('topics', () => {
  it('hold the agent and the channel, and give both back', () => {
    expect(topicOf('agent-7', 'up/frames')).toBe('fleet/v1/agent-7/up/frames');
    fc.assert(
      fc.property(agents, names, (agent, channel) => {
        expect(parseTopic(topicOf(agent, channel))).toEqual({ agent, channel });
      }),
    );
  });

  it('are nothing else: every other text is refused', () => {
    for (const topic of [
      '',
      'fleet/v1/a/up/frames/',
      '/fleet/v1/a/up/frames',
      'fleet/v2/a/up/frames',
      'fleet/v1/A/up/frames',
      'fleet/v1/-a/up/frames',
      'fleet/v1//up/frames',
      'fleet/v1/+/up/frames',
      'fleet/v1/a/up/#',
      'fleet/v1/a/up/toString',
      'fleet/v1/a/up',
      'fleet/v1/a/constructor',
      `fleet/v1/${'a'.repeat(41)}/up/frames`,
      'fleet/v1/a/up/frames\0',
      'fleet/v1/a\n/up/frames',
    ])
      expect(parseTopic(topic), topic).toBeUndefined();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const parsed = parseTopic(text);
        expect(parsed === undefined || topicOf(parsed.agent, parsed.channel) === text).toBe(true);
      }),
    );
  });

  it('let an agent publish on its own up channels alone', () => {
    fc.assert(
      fc.property(agents, agents, names, (agent, other, channel) => {
        const isUp = channels[channel].direction === 'up';
        expect(mayPublish(agent, topicOf(agent, channel))).toBe(isUp);
        if (other !== agent) expect(mayPublish(agent, topicOf(other, channel))).toBe(false);
      }),
    );
  });

  it('let an agent subscribe to its own down channels by their very names, never by a wildcard', () => {
    fc.assert(
      fc.property(agents, agents, names, (agent, other, channel) => {
        const isDown = channels[channel].direction === 'down';
        expect(maySubscribe(agent, topicOf(agent, channel))).toBe(isDown);
        if (other !== agent) expect(maySubscribe(agent, topicOf(other, channel))).toBe(false);
        const parts = topicOf(agent, channel).split('/');
        for (let i = 0; i < parts.length; i++) {
          expect(maySubscribe(agent, parts.with(i, '+').join('/'))).toBe(false);
          expect(maySubscribe(agent, [...parts.slice(0, i), '#'].join('/'))).toBe(false);
        }
        expect(maySubscribe(agent, `$share/g/${topicOf(agent, channel)}`)).toBe(false);
      }),
    );
  });

  it('name directions that the table agrees with', () => {
    for (const name of channelNames) expect(name.split('/')[0]).toBe(channels[name].direction);
  });
});

describe('ids', () => {
  it('are safe in topics, file names and addresses', () => {
    fc.assert(
      fc.property(agents, (id) => {
        expect(encodeURIComponent(id)).toBe(id);
        expect(deviceIdSchema.safeParse(id).success).toBe(true);
      }),
    );
    for (const id of ['', '..', 'a/b', 'a b', 'Á', '+', '#', 'a\n'])
      expect(agentIdSchema.safeParse(id).success, id).toBe(false);
  });
});
