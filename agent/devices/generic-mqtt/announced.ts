import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { withoutGaps } from '../../../protocols/bytes/json.ts';
import {
  defaultPrefix,
  discoveryFilters,
  type HomeAssistantEntity,
  readDiscovery,
} from '../../../protocols/home-assistant/discovery.ts';
import { readTasmotaConfig } from '../../../protocols/tasmota/message.ts';
import { defaultFullTopic, discoveryFilter } from '../../../protocols/tasmota/topics.ts';
import { defaultBaseTopic, readZigbeeDevices } from '../../../protocols/zigbee2mqtt/message.ts';
import type { Proposal, SightingOf } from '../driver.ts';
import { family } from './mapping.ts';
import { settingsSchema } from './settings.ts';

type Announced = SightingOf<'announcement'>;

const bridgeSuffix = '/bridge/devices';
/** In one search; a school has some dozens. */
const maxProposals = 300;
const maxLine = 200;

/** Where devices and bridges announce what they are. */
export const announcementTopics: readonly string[] = [
  discoveryFilter,
  `+${bridgeSuffix}`,
  ...discoveryFilters(defaultPrefix),
];

/**
 * Proposals out of what clients of the agent's broker announce. All of it is what they claim; only the address that they came
 * from is known. What cannot be read, or could not be set, is passed over. Pure.
 */
export function readAnnounced(heard: readonly Announced[]): readonly Proposal[] {
  const proposals = [
    ...heard.flatMap((one) => readSafely(one, tasmotaOf)),
    ...heard.flatMap((one) => readSafely(one, zigbeeOf)),
    ...[...Map.groupBy(heard, ({ host }) => host).values()].flatMap(homeAssistantOf),
  ];
  return proposals.filter(({ settings }) => settingsSchema.safeParse(settings).success).slice(0, maxProposals);
}

function readSafely<T>(one: Announced, read: (one: Announced) => readonly T[]): readonly T[] {
  try {
    return read(one);
  } catch (thrown) {
    if (!(thrown instanceof ProtocolError)) throw thrown;
    return [];
  }
}

function proposal(
  { host, username }: Pick<Announced, 'host' | 'username'>,
  told: Pick<Proposal, 'key' | 'settings'> & { readonly by: string } & {
    readonly [K in 'name' | 'vendor' | 'model' | 'serial' | 'mac']?: string | undefined;
  },
): Proposal {
  const { key, settings, by, mac, ...identity } = told;
  return {
    key: key.slice(0, maxLine),
    family,
    address: { host },
    ...withoutGaps(identity),
    ...(mac === undefined ? {} : { macs: [mac] }),
    needsCredentials: true,
    // It signed in with a password of this agent and speaks as its kind does.
    confidence: 'certain',
    ...(settings ? { settings } : {}),
    evidence: [by, `signed in at this agent as ${username}`].map((line) => line.slice(0, maxLine)),
  };
}

/** `tasmota/discovery/<MAC>/config`. Throws ProtocolError. */
function tasmotaOf(one: Announced): readonly Proposal[] {
  const [first, second, address = '', last] = one.topic.split('/');
  if (first !== 'tasmota' || second !== 'discovery' || last !== 'config' || one.payload.length === 0) return [];
  const { topic, fullTopic, name, model, mac } = readTasmotaConfig(one.payload);
  return [
    proposal(one, {
      key: mac ?? `tasmota ${address}`,
      settings: { dialect: 'tasmota', topic, ...(fullTopic === defaultFullTopic ? {} : { fullTopic }) },
      by: `Tasmota says at ${one.topic} that it is ${topic}`,
      name,
      vendor: 'Tasmota',
      model,
      mac,
    }),
  ];
}

/** Zigbee2MQTT lists what it has joined at `<base topic>/bridge/devices`. Throws ProtocolError. */
function zigbeeOf(one: Announced): readonly Proposal[] {
  const base = baseOf(one);
  if (base === undefined || one.payload.length === 0) return [];
  return readZigbeeDevices(one.payload)
    .filter(({ isCoordinator }) => !isCoordinator)
    .map(({ name, vendor, model, ieeeAddress, description }) =>
      proposal(one, {
        key: `zigbee ${ieeeAddress}`,
        settings: { dialect: 'zigbee2mqtt', topic: name, ...(base === defaultBaseTopic ? {} : { baseTopic: base }) },
        by: description ?? `Zigbee2MQTT has joined it as ${name}`,
        name,
        vendor,
        model,
        serial: ieeeAddress,
      }),
    );
}

function baseOf({ topic }: Announced): string | undefined {
  return topic.endsWith(bridgeSuffix) ? topic.slice(0, -bridgeSuffix.length) : undefined;
}

/** Entities of one client make devices by the identifier that they share; what a Zigbee bridge repeats here is left out. */
function homeAssistantOf(heard: readonly Announced[]): readonly Proposal[] {
  const [first] = heard;
  if (!first) return [];
  const bases = [defaultBaseTopic, ...heard.flatMap((one) => baseOf(one) ?? [])];
  const entities = heard.flatMap((one) =>
    readSafely(one, () => readDiscovery(defaultPrefix, one.topic, one.payload)?.entities ?? []),
  );
  const byDevice = Map.groupBy(entities, ({ id, device }) => device.identifier ?? device.mac ?? `entity ${id}`);
  return [...byDevice].flatMap(([identifier, own]) => {
    const topic = commonTopic(own);
    if (topic === undefined || bases.some((base) => topic === base || topic.startsWith(`${base}/`))) return [];
    const { name, vendor, model, serial, mac } = own[0]?.device ?? {};
    return [
      proposal(first, {
        key: mac ?? `home-assistant ${identifier}`,
        settings: { dialect: 'home-assistant', topic },
        by: `it describes itself under ${defaultPrefix}/ with ${own.length} entities, all below ${topic}`,
        name: name ?? own[0]?.name,
        vendor,
        model,
        serial,
        mac,
      }),
    ];
  });
}

/** The levels that all topics of a device begin with; undefined where there are none, for then it could be granted nothing. */
function commonTopic(entities: readonly HomeAssistantEntity[]): string | undefined {
  const topics = entities
    .flatMap(({ stateTopic, commandTopic, availability }) => [
      stateTopic,
      commandTopic,
      ...availability.map(({ topic }) => topic),
    ])
    .filter((topic) => topic !== undefined)
    .map((topic) => topic.split('/'));
  const [first = [], ...others] = topics;
  const differs = first.findIndex((level, at) => others.some((other) => other[at] !== level));
  const shared = differs < 0 ? first : first.slice(0, differs);
  // A device with one topic has its own levels above that.
  const levels = shared.length === first.length && shared.length > 1 ? shared.slice(0, -1) : shared;
  return levels.length === 0 ? undefined : levels.join('/');
}
