/** Topics of one Tasmota device: tasmota.github.io/docs/MQTT, "MQTT Topic Definition". */

export interface TasmotaNames {
  /** `%topic%`: unique for each device. */
  readonly topic: string;
  /** Where prefix and topic stand, such as `%prefix%/%topic%/`, which is the default of Tasmota. */
  readonly fullTopic: string;
}

/** Prefix1 to Prefix3 as Tasmota has them unless told otherwise. */
export type TasmotaPrefix = 'cmnd' | 'stat' | 'tele';

export const defaultFullTopic = '%prefix%/%topic%/';
/** Where a device says what it is, retained: `tasmota/discovery/<MAC>/config` (SetOption19 0, the default). */
export const discoveryFilter = 'tasmota/discovery/+/config';

export function tasmotaTopic({ topic, fullTopic }: TasmotaNames, prefix: TasmotaPrefix, leaf: string): string {
  const full = fullTopic.replaceAll('%prefix%', prefix).replaceAll('%topic%', topic);
  return `${full.endsWith('/') ? full : `${full}/`}${leaf}`;
}

/** The last level of a topic with its prefix; undefined when it is none of this device. */
export function tasmotaLeaf(
  names: TasmotaNames,
  topic: string,
): { readonly prefix: TasmotaPrefix; readonly leaf: string } | undefined {
  for (const prefix of ['tele', 'stat'] as const) {
    const start = tasmotaTopic(names, prefix, '');
    const leaf = topic.slice(start.length);
    if (topic.startsWith(start) && leaf !== '' && !leaf.includes('/')) return { prefix, leaf };
  }
  return undefined;
}
