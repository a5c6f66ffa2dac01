import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelOf, mayRead, mayReceive } from '../../../hub/broker/authorize.ts';
import { channelNames, channels } from '../../../protocols/fleet/channels.ts';

const agents = ['p7', 'p77', 'p', 'other'];
const pieces = [
  'fleet',
  'v1',
  'v2',
  ...agents,
  'up',
  'down',
  'hello',
  'frames',
  'heartbeat',
  'ack',
  'desired',
  'commands',
  'orders',
  '+',
  '#',
  '$SYS',
  '$share',
  '',
  '__proto__',
  'constructor',
];
const anyTopic = fc.array(fc.constantFrom(...pieces), { maxLength: 7 }).map((parts) => parts.join('/'));
const nearTopic = fc
  .tuple(fc.constantFrom(...agents), fc.constantFrom(...channelNames))
  .map(([agent, channel]) => `fleet/v1/${agent}/${channel}`);
const topic = fc.oneof(anyTopic, nearTopic, fc.string());
const accepts = (work: () => unknown) => {
  try {
    work();
    return true;
  } catch {
    return false;
  }
};
/** Written apart from the code: the topics of one agent, spelled out. */
const own = (agent: string, direction: 'up' | 'down') =>
  channelNames.filter((name) => channels[name].direction === direction).map((name) => `fleet/v1/${agent}/${name}`);

describe('authorisation', () => {
  it('lets an agent publish on its own up channels and nowhere else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...agents), topic, (agent, name) => {
        const taken = accepts(() => channelOf(agent, { topic: name, qos: 1, retain: false }));
        expect(taken).toBe(own(agent, 'up').includes(name));
      }),
      { numRuns: 2_000 },
    );
  });

  it('grants exact filters of its own down channels only, and delivers nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...agents), topic, (agent, name) => {
        expect(mayRead(agent, name)).toBe(own(agent, 'down').includes(name));
        expect(mayReceive(agent, name)).toBe(own(agent, 'down').includes(name));
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes neither QoS 2 nor retained messages', () => {
    const frames = 'fleet/v1/p7/up/frames';
    expect(channelOf('p7', { topic: frames, qos: 1, retain: false })).toBe('up/frames');
    expect(() => channelOf('p7', { topic: frames, qos: 2, retain: false })).toThrow(/QoS/);
    expect(() => channelOf('p7', { topic: frames, qos: 1, retain: true })).toThrow(/retained/);
  });
});
