import { type JsonObject, objectOf } from '../bytes/json.ts';

/**
 * Short names in discovery messages, as far as we read what they stand for: home-assistant.io, MQTT, "Supported
 * abbreviations in MQTT discovery messages".
 */
const entityNames: Readonly<Record<string, string>> = {
  avty: 'availability',
  avty_mode: 'availability_mode',
  avty_t: 'availability_topic',
  avty_tpl: 'availability_template',
  cmd_t: 'command_topic',
  cmps: 'components',
  dev: 'device',
  dev_cla: 'device_class',
  exp_aft: 'expire_after',
  o: 'origin',
  p: 'platform',
  pl_avail: 'payload_available',
  pl_not_avail: 'payload_not_available',
  pl_off: 'payload_off',
  pl_on: 'payload_on',
  stat_off: 'state_off',
  stat_on: 'state_on',
  stat_t: 'state_topic',
  stat_val_tpl: 'state_value_template',
  t: 'topic',
  uniq_id: 'unique_id',
  unit_of_meas: 'unit_of_measurement',
  val_tpl: 'value_template',
};

const deviceNames: Readonly<Record<string, string>> = {
  cns: 'connections',
  ids: 'identifiers',
  hw: 'hw_version',
  mdl: 'model',
  mf: 'manufacturer',
  sn: 'serial_number',
  sw: 'sw_version',
};

/** The same object with the names written out. */
export function expandEntity(object: JsonObject): JsonObject {
  return expand(object, entityNames);
}

/** As `expandEntity`, for the `device` of an entity, whose short names are others. */
export function expandDevice(object: JsonObject): JsonObject {
  return expand(object, deviceNames);
}

/** Writes `~` at the beginning or the end of topics out, also in the list of availabilities. */
export function expandBase(entity: JsonObject, base: string | undefined): JsonObject {
  if (base === undefined) return entity;
  const topicOf = (value: string) => value.replace(/^~/, () => base).replace(/~$/, () => base);
  return Object.fromEntries(
    Object.entries(entity).map(([name, value]) => {
      if (typeof value === 'string' && name.endsWith('topic')) return [name, topicOf(value)];
      if (name !== 'availability' || !Array.isArray(value)) return [name, value];
      return [name, value.map((part) => expandBase(expandEntity(objectOf(part) ?? {}), base))];
    }),
  );
}

function expand(object: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      (Object.hasOwn(names, name) ? names[name] : undefined) ?? name,
      value,
    ]),
  );
}
