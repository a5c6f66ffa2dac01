import {
  fieldOf,
  type JsonObject,
  listOf,
  numberOf,
  objectOf,
  parseJsonObject,
  textOf,
  withoutGaps,
} from '../bytes/json.ts';
import { expandBase, expandDevice, expandEntity } from './abbreviations.ts';
import { readTemplate, type ValuePath } from './template.ts';

/** MQTT discovery of Home Assistant: home-assistant.io, MQTT, "MQTT Discovery". */

export const defaultPrefix = 'homeassistant';

/** Entities that we read; all others are passed over. */
const components = ['switch', 'light', 'sensor', 'binary_sensor'] as const;
type Component = (typeof components)[number];

/** Where one entity is found available. */
export interface EntityAvailability {
  readonly topic: string;
  readonly available: string;
  readonly notAvailable: string;
  readonly path: ValuePath;
}

export interface HomeAssistantEntity {
  /** `<component>/<object id>`: unique for the discovery topic that told it. */
  readonly id: string;
  readonly component: Component;
  readonly name?: string;
  readonly deviceClass?: string;
  readonly unit?: string;
  readonly stateTopic?: string;
  readonly commandTopic?: string;
  /** What is sent to switch it. */
  readonly payloadOn: string;
  readonly payloadOff: string;
  /** What it says when it is on or off. */
  readonly stateOn: string;
  readonly stateOff: string;
  /** Undefined where the device sent a template that is more than the name of a field. */
  readonly path: ValuePath | undefined;
  readonly availability: readonly EntityAvailability[];
  readonly expireAfterSeconds?: number;
  readonly device: HomeAssistantDevice;
}

export interface HomeAssistantDevice {
  readonly identifier?: string;
  readonly name?: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly firmware?: string;
  readonly hardware?: string;
  /** Lower case with colons. */
  readonly mac?: string;
}

/** What one discovery message says. No entities: what `source` told before is gone. */
export interface DiscoveryMessage {
  readonly source: string;
  readonly entities: readonly HomeAssistantEntity[];
}

const maxBytes = 64 * 1024;
const maxComponents = 100;
const maxAvailabilities = 8;

/** Filters for every discovery topic, with and without a node id. */
export function discoveryFilters(prefix: string): readonly string[] {
  return [`${prefix}/+/+/config`, `${prefix}/+/+/+/config`];
}

/**
 * Reads `<prefix>/<component>/[<node>/]<object>/config`, and `<prefix>/device/<object>/config` with many components in one.
 * Undefined for topics that are none. Throws ProtocolError.
 */
export function readDiscovery(prefix: string, topic: string, payload: Uint8Array): DiscoveryMessage | undefined {
  if (!topic.startsWith(`${prefix}/`)) return undefined;
  const [component = '', ...ids] = topic.slice(prefix.length + 1).split('/');
  const objectId = ids.slice(0, -1).join('/');
  if (ids.at(-1) !== 'config' || ids.length < 2 || ids.length > 3) return undefined;
  const source = `${component}/${objectId}`;
  if (payload.length === 0) return { source, entities: [] };
  const root = expandEntity(parseJsonObject(payload, maxBytes));
  if (component !== 'device') return { source, entities: listOfEntity(component, source, root) };
  const parts = Object.entries(objectOf(fieldOf(root, 'components')) ?? {}).slice(0, maxComponents);
  const entities = parts.flatMap(([id, part]) => {
    // What the device says for all its components, each may say again for itself.
    const own = { ...root, ...expandEntity(objectOf(part) ?? {}) };
    return listOfEntity(textOf(own['platform'], 40) ?? '', `${source}/${id}`, own);
  });
  return { source, entities };
}

function listOfEntity(component: string, id: string, root: JsonObject): readonly HomeAssistantEntity[] {
  const known = components.find((name) => name === component);
  return known ? [readEntity(known, id, expandBase(root, textOf(fieldOf(root, '~'), 400)))] : [];
}

function readEntity(component: Component, id: string, root: JsonObject): HomeAssistantEntity {
  const text = (name: string) => textOf(fieldOf(root, name), 400);
  const isJsonLight = component === 'light' && fieldOf(root, 'schema') === 'json';
  const payloadOn = isJsonLight ? '{"state":"ON"}' : (text('payload_on') ?? 'ON');
  const payloadOff = isJsonLight ? '{"state":"OFF"}' : (text('payload_off') ?? 'OFF');
  const template = text(component === 'light' ? 'state_value_template' : 'value_template');
  return {
    id,
    component,
    ...withoutGaps({
      name: textOf(fieldOf(root, 'name')),
      deviceClass: textOf(fieldOf(root, 'device_class'), 60),
      unit: textOf(fieldOf(root, 'unit_of_measurement'), 20),
      stateTopic: text('state_topic'),
      commandTopic: text('command_topic'),
      expireAfterSeconds: numberOf(fieldOf(root, 'expire_after')),
    }),
    payloadOn,
    payloadOff,
    stateOn: isJsonLight ? 'ON' : (text('state_on') ?? payloadOn),
    stateOff: isJsonLight ? 'OFF' : (text('state_off') ?? payloadOff),
    path: isJsonLight ? ['state'] : readTemplate(template),
    availability: readAvailabilities(root),
    device: readDevice(expandDevice(objectOf(fieldOf(root, 'device')) ?? {})),
  };
}

/** `availability_topic` for one, `availability` for several. */
function readAvailabilities(root: JsonObject): readonly EntityAvailability[] {
  const own = {
    ...root,
    topic: fieldOf(root, 'availability_topic'),
    value_template: fieldOf(root, 'availability_template'),
  };
  return [own, ...listOf(fieldOf(root, 'availability'), maxAvailabilities)].flatMap((entry) => {
    const topic = textOf(fieldOf(entry, 'topic'), 400);
    const path = readTemplate(textOf(fieldOf(entry, 'value_template'), 400));
    if (topic === undefined || path === undefined) return [];
    const available = textOf(fieldOf(entry, 'payload_available')) ?? 'online';
    return [{ topic, available, notAvailable: textOf(fieldOf(entry, 'payload_not_available')) ?? 'offline', path }];
  });
}

function readDevice(device: JsonObject): HomeAssistantDevice {
  const identifiers = fieldOf(device, 'identifiers');
  const macs = listOf(fieldOf(device, 'connections'), 8).flatMap((entry) => {
    const [kind, value] = listOf(entry, 2);
    const mac = textOf(value, 17)?.toLowerCase();
    return kind === 'mac' && mac && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) ? [mac] : [];
  });
  return withoutGaps({
    identifier: textOf(Array.isArray(identifiers) ? identifiers[0] : identifiers),
    name: textOf(fieldOf(device, 'name')),
    vendor: textOf(fieldOf(device, 'manufacturer')),
    model: textOf(fieldOf(device, 'model')),
    serial: textOf(fieldOf(device, 'serial_number')),
    firmware: textOf(fieldOf(device, 'sw_version')),
    hardware: textOf(fieldOf(device, 'hw_version')),
    mac: macs[0],
  });
}
