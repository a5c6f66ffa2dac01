import type { z } from 'zod';
import { frameSchema } from './frame.ts';
import {
  ackSchema,
  cancellationsSchema,
  commandsSchema,
  desiredSchema,
  heartbeatSchema,
  helloSchema,
  orderEnvelopeSchema,
} from './messages.ts';
import { policyEnvelopeSchema } from './policy/bundle.ts';

/** One row of the contract between agent and hub. */
export interface Channel {
  readonly direction: 'up' | 'down';
  readonly qos: 0 | 1;
  /** Most bytes of the MQTT payload as sent. */
  readonly maxBytes: number;
  readonly schema: z.ZodType;
  readonly meaning: string;
}

const kibibyte = 1024;

/**
 * The whole contract (design section 4). Topics, schemas, access control, documentation and the frozen contract test
 * come from this table and from nowhere else. Nothing is retained: on `up/hello` the hub sends what is missing.
 */
export const channels = {
  'up/hello': {
    direction: 'up',
    qos: 1,
    maxBytes: 16 * kibibyte,
    schema: helloSchema,
    meaning: 'first message of a session: what the agent holds and can do',
  },
  'up/frames': {
    direction: 'up',
    qos: 1,
    maxBytes: 128 * kibibyte,
    schema: frameSchema,
    meaning: 'a run of outbox records of one lane',
  },
  'up/heartbeat': {
    direction: 'up',
    qos: 0,
    maxBytes: 4 * kibibyte,
    schema: heartbeatSchema,
    meaning: 'sign of life, every 30 s',
  },
  'down/ack': {
    direction: 'down',
    qos: 1,
    maxBytes: 32 * kibibyte,
    schema: ackSchema,
    meaning: 'what is stored; the agent deletes only on this',
  },
  'down/desired': {
    direction: 'down',
    qos: 1,
    maxBytes: 200 * kibibyte,
    schema: desiredSchema,
    meaning: 'the whole desired document, when the generation differs',
  },
  'down/commands': {
    direction: 'down',
    qos: 1,
    maxBytes: 128 * kibibyte,
    schema: commandsSchema,
    meaning: 'commands with the moment after which they expire',
  },
  'down/cancellations': {
    direction: 'down',
    qos: 1,
    maxBytes: 16 * kibibyte,
    schema: cancellationsSchema,
    meaning: 'commands that are taken back, if they have not begun',
  },
  'down/orders': {
    direction: 'down',
    qos: 1,
    maxBytes: 80 * kibibyte,
    schema: orderEnvelopeSchema,
    meaning: 'the signed deployment order for this agent',
  },
  'down/policies': {
    direction: 'down',
    qos: 1,
    maxBytes: 200 * kibibyte,
    schema: policyEnvelopeSchema,
    meaning: 'the signed bundle of what this agent does by itself, when its number is lower',
  },
} as const satisfies Record<string, Channel>;

export type ChannelName = keyof typeof channels;
export type ChannelPayload<C extends ChannelName> = z.infer<(typeof channels)[C]['schema']>;
export type UpChannel = Extract<ChannelName, `up/${string}`>;
export type DownChannel = Extract<ChannelName, `down/${string}`>;

export const channelNames = Object.keys(channels) as readonly ChannelName[];
export const downChannels = channelNames.filter((name): name is DownChannel => channels[name].direction === 'down');
