import { z } from 'zod';
import { defaultPrefix } from '../../../protocols/home-assistant/discovery.ts';
import { defaultFullTopic } from '../../../protocols/tasmota/topics.ts';
import { defaultBaseTopic } from '../../../protocols/zigbee2mqtt/message.ts';

/** Levels of a topic without wildcards, control characters, or a `/` at either end (MQTT 3.1.1, 4.7). */
const topic = z.string().regex(/^[^+#$/\p{Cc}][^+#\p{Cc}]{0,198}(?<!\/)$/u);

/** Settings of one device that connects to the agent's own broker. */
export const settingsSchema = z.strictObject({
  /** What it speaks. */
  dialect: z.enum(['tasmota', 'zigbee2mqtt', 'home-assistant']),
  /** Tasmota: its `%topic%`. Zigbee2MQTT: its friendly name. Home Assistant: what its state and command topics begin with. */
  topic,
  /** Tasmota: where prefix and topic stand. */
  fullTopic: z
    .string()
    .max(200)
    .regex(/^(?=.*%prefix%)(?=.*%topic%)[^+#$\p{Cc}]+$/u)
    .default(defaultFullTopic),
  /** Tasmota: which relay is the device's power. */
  relay: z.int().min(1).max(32).default(1),
  /** Zigbee2MQTT: its base topic. */
  baseTopic: topic.default(defaultBaseTopic),
  /** Zigbee2MQTT: which switch of a device with several, such as `l1`. */
  endpoint: z
    .string()
    .regex(/^[a-z0-9_]{1,20}$/)
    .optional(),
  /** Home Assistant: what discovery topics begin with. */
  discoveryPrefix: topic.default(defaultPrefix),
  /** Home Assistant: object id of the switch that is the device's power; the first one unless given. */
  entity: z.string().min(1).max(100).optional(),
  /** Seconds between two polls. */
  pollSeconds: z.int().min(5).max(3_600).default(30),
  /** How long it may take to answer a question or to obey, in seconds. */
  answerSeconds: z.int().min(1).max(60).default(10),
  /** Zigbee2MQTT: how long a mains-powered switch may be silent before it is asked; asking costs the radio network. */
  askAfterSeconds: z.int().min(0).max(86_400).default(600),
  /** How long a device that cannot be asked may be silent, in seconds: 25 h for Zigbee, 1 h for the rest unless given. */
  silentAfterSeconds: z.int().min(10).max(604_800).optional(),
});
export type Settings = z.infer<typeof settingsSchema>;
