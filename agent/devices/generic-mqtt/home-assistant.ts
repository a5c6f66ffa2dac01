import {
  discoveryFilters,
  type HomeAssistantDevice,
  type HomeAssistantEntity,
  readDiscovery,
} from '../../../protocols/home-assistant/discovery.ts';
import { readEntityAvailability, readOnOff, readQuantity } from '../../../protocols/home-assistant/value.ts';
import type { Dialect, Told } from './dialect.ts';
import type { Settings } from './settings.ts';
import { type Conditions, type DeviceView, mergeView, type ViewUpdate } from './view.ts';

const silentAfterSeconds = 3_600;
/** Of one device; what comes beyond is passed over. */
const maxSources = 200;
const maxUnexplained = 100;
const maxUnexplainedBytes = 2_048;

/** Device classes of binary sensors that mean something to us (home-assistant.io, Binary sensor, "Device class"). */
const conditionOf: Readonly<Record<string, (isOn: boolean) => Conditions>> = {
  door: (isOn) => ({ contact: isOn ? 'open' : 'closed' }),
  window: (isOn) => ({ contact: isOn ? 'open' : 'closed' }),
  opening: (isOn) => ({ contact: isOn ? 'open' : 'closed' }),
  garage_door: (isOn) => ({ contact: isOn ? 'open' : 'closed' }),
  motion: (isOccupied) => ({ isOccupied }),
  occupancy: (isOccupied) => ({ isOccupied }),
  presence: (isOccupied) => ({ isOccupied }),
  moisture: (hasLeak) => ({ hasLeak }),
  smoke: (hasSmoke) => ({ hasSmoke }),
  battery: (isBatteryLow) => ({ isBatteryLow }),
  tamper: (isTampered) => ({ isTampered }),
  problem: (hasProblem) => ({ hasProblem }),
};

/** A device that describes itself by Home Assistant's discovery. It speaks when it likes to, and answers no questions. */
export function homeAssistantDialect(settings: Settings): Dialect {
  const { discoveryPrefix: prefix, topic: own } = settings;
  const isOwn = (topic: string | undefined) => topic === undefined || topic === own || topic.startsWith(`${own}/`);
  // Topics in a discovery message are the device's word: beyond its own ones it could be made to command others.
  const isOwned = ({ stateTopic, commandTopic }: HomeAssistantEntity) => isOwn(stateTopic) && isOwn(commandTopic);

  return {
    publish: [own, `${own}/#`, ...discoveryFilters(prefix)],
    subscribe: [`${own}/#`, `${prefix}/status`],
    silentAfterMs: (settings.silentAfterSeconds ?? silentAfterSeconds) * 1_000,
    read: (view, topic, payload) => {
      const discovery = readDiscovery(prefix, topic, payload);
      if (!discovery) return readState(view, topic, payload);
      const entities = new Map(view.entities);
      const owned = discovery.entities.filter(isOwned);
      if (owned.length === 0) entities.delete(discovery.source);
      else if (entities.size < maxSources || entities.has(discovery.source)) entities.set(discovery.source, owned);
      return { update: explained(view, { entities, identity: identityOf(owned[0]?.device) }), isSignOfLife: true };
    },
    ask: () => [],
    switchPower: (view, power) => {
      const { commandTopic: topic, payloadOn, payloadOff } = powerEntity(view, settings.entity) ?? {};
      const payload = power === 'on' ? payloadOn : payloadOff;
      return topic === undefined || payload === undefined ? undefined : { topic, payload };
    },
    tellsPower: (view) => powerEntity(view, settings.entity)?.stateTopic !== undefined,
  };

  /** Reads again what came before it could be understood. */
  function explained(view: DeviceView, update: ViewUpdate): ViewUpdate {
    let next = mergeView({ ...view, unexplained: new Map() }, update);
    for (const [topic, payload] of view.unexplained) {
      const told = readState(next, topic, payload);
      if (told) next = mergeView(next, told.update);
    }
    return next;
  }

  function readState(view: DeviceView, topic: string, payload: Uint8Array): Told | undefined {
    const entities = [...view.entities.values()].flat();
    const availabilities = entities.flatMap(({ availability }) => availability).filter((part) => part.topic === topic);
    const states = entities.filter(({ stateTopic }) => stateTopic === topic);
    if (availabilities.length === 0 && states.length === 0)
      return { update: put(view, topic, payload), isSignOfLife: false };
    let next = view;
    for (const availability of availabilities) {
      const isOnline = readEntityAvailability(availability, payload);
      if (isOnline !== undefined) next = { ...next, isOnline };
    }
    const power = powerEntity(view, settings.entity);
    for (const entity of states) next = mergeView(next, readEntity(entity, payload, entity === power));
    // An availability message may be the last will of a device that is gone.
    return { update: next, isSignOfLife: states.length > 0 };
  }
}

function put(view: DeviceView, topic: string, payload: Uint8Array): ViewUpdate {
  const unexplained = new Map(view.unexplained);
  unexplained.delete(topic);
  if (payload.length <= maxUnexplainedBytes) unexplained.set(topic, payload);
  const [oldest] = unexplained.size > maxUnexplained ? unexplained.keys() : [];
  if (oldest !== undefined) unexplained.delete(oldest);
  return { unexplained };
}

function readEntity(entity: HomeAssistantEntity, payload: Uint8Array, isPower: boolean): ViewUpdate {
  if (entity.component === 'sensor') {
    const reading = readQuantity(entity, payload);
    return reading ? { readings: { [reading.quantity]: reading.value } } : {};
  }
  const isOn = readOnOff(entity, payload);
  if (isOn === undefined) return {};
  if (entity.component !== 'binary_sensor') return isPower ? { power: isOn ? 'on' : 'off' } : {};
  const { deviceClass = '' } = entity;
  const conditions = Object.hasOwn(conditionOf, deviceClass) ? conditionOf[deviceClass]?.(isOn) : undefined;
  return conditions ? { conditions } : {};
}

/** The switch or light that is the device's power: by its object id, else the first one. */
function powerEntity({ entities }: DeviceView, wanted: string | undefined): HomeAssistantEntity | undefined {
  const candidates = [...entities.values()]
    .flat()
    .filter(({ component, commandTopic }) => (component === 'switch' || component === 'light') && commandTopic)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return wanted === undefined ? candidates[0] : candidates.find(({ id }) => id.split('/').at(-1) === wanted);
}

function identityOf(device: HomeAssistantDevice = {}): DeviceView['identity'] {
  const { identifier, serial = identifier, ...rest } = device;
  return serial === undefined ? rest : { ...rest, serial };
}
