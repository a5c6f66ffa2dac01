import type { CapabilityName, CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { Descriptor } from '../../../protocols/fleet/record.ts';
import type { PanelInput, PanelWire, Readings, Settable, Topic } from './panel-wire.ts';
import type { Settings } from './settings.ts';

export const family = 'interactive-board';

/** What a board can be asked and told, as far as is known: its wire without what it has refused. */
export interface Abilities {
  readonly topics: ReadonlySet<Topic>;
  readonly settable: ReadonlySet<Settable>;
  readonly canReboot: boolean;
  readonly canShowMessages: boolean;
  readonly inputs: readonly PanelInput[];
}

type States = { -readonly [N in CapabilityName]?: CapabilityState<N> };
type Offer = { -readonly [N in CapabilityName]?: { commands: string[] } };

/** Abilities of the wire; `refused` are topics that the panel itself has refused while it was on. */
export function abilitiesOf(wire: PanelWire, settings: Settings, refused: ReadonlySet<Topic>): Abilities {
  const topics = new Set(wire.questions.flatMap(({ gives }) => gives).filter((topic) => !refused.has(topic)));
  // What cannot be read back cannot be verified, and is not offered.
  const settable = new Set((Object.keys(wire.orders) as Settable[]).filter((topic) => topics.has(topic)));
  const inputs = settings.inputs ?? wire.inputs;
  if (inputs.length === 0) settable.delete('input');
  const canShowMessages = wire.message !== undefined && topics.has('message');
  return { topics, settable, canReboot: wire.reboot !== undefined, canShowMessages, inputs };
}

export function mapDescriptor(
  readings: Partial<Readings>,
  vendor: string,
  abilities: Abilities,
  settings: Settings,
): Descriptor {
  const mac = macOf(settings);
  return {
    family,
    vendor,
    ...clipped({
      model: readings.model,
      serial: readings.serial,
      firmware: readings.firmware,
      hardware: readings.hardware,
    }),
    ...(mac === undefined ? {} : { macs: [mac] }),
    capabilities: offerOf(abilities, settings),
  };
}

/** The whole reported state: one entry for each capability of the descriptor. */
export function mapStates(
  readings: Partial<Readings>,
  vendor: string,
  abilities: Abilities,
  settings: Settings,
): States {
  const mac = macOf(settings);
  const states: States = {
    identity: {
      vendor,
      ...clipped({
        model: readings.model,
        serial: readings.serial,
        firmware: readings.firmware,
        hardware: readings.hardware,
        name: readings.name,
      }),
      ...(mac === undefined ? {} : { macs: [mac] }),
    },
    power: { state: readings.power ?? 'unknown' },
    input: {
      ...present({ selected: readings.input, signal: readings.signal }),
      ...(abilities.inputs.length > 0 ? { sources: abilities.inputs.map(({ id, label }) => ({ id, label })) } : {}),
    },
    volume: present({ level: readings.volume, muted: readings.muted }),
    video: {
      ...present({ blanked: readings.blanked, frozen: readings.frozen }),
      ...(readings.signal === undefined ? {} : { signal: readings.signal ? 'present' : 'absent' }),
    },
    lock: present({ panel: readings.panelLocked, remote: readings.remoteLocked, keys: readings.keysLocked }),
    temperature: { level: levelOf(readings.overheated) },
    usage: present({ hoursOn: readings.hours }),
    diagnostics: readings.faults === undefined ? {} : { faults: readings.faults.map((fault) => ({ ...fault })) },
    message: readings.message ? { text: readings.message.slice(0, 300) } : {},
    ...(mac === undefined ? {} : { wake: { mac } }),
  };
  const offered = offerOf(abilities, settings);
  return Object.fromEntries(Object.entries(states).filter(([name]) => Object.hasOwn(offered, name))) as States;
}

export function mapSamples({ celsius, hours }: Partial<Readings>): Readonly<Record<string, number>> {
  return {
    ...(celsius === undefined ? {} : { 'temperature.celsius': celsius }),
    ...(hours === undefined ? {} : { 'usage.hours': hours }),
  };
}

/** Lower case with colons, as identity has it. */
function macOf({ wake }: Settings): string | undefined {
  return wake?.mac.toLowerCase().replaceAll('-', ':');
}

const lockTopics = ['panelLocked', 'remoteLocked', 'keysLocked'] as const;

function offerOf({ topics, settable, canReboot, canShowMessages }: Abilities, settings: Settings): Offer {
  const knows = (...wanted: Topic[]) => wanted.some((topic) => topics.has(topic));
  const commands = (...pairs: (readonly [Settable, string])[]) =>
    pairs.flatMap(([topic, name]) => (settable.has(topic) ? [name] : []));
  const offer: Offer = {
    identity: { commands: [] },
    power: { commands: [...(settable.has('power') ? ['on', 'off'] : []), ...(canReboot ? ['reboot'] : [])] },
  };
  if (knows('input', 'signal')) offer.input = { commands: commands(['input', 'select']) };
  if (knows('volume', 'muted')) offer.volume = { commands: commands(['volume', 'set'], ['muted', 'mute']) };
  if (knows('blanked', 'frozen', 'signal'))
    offer.video = { commands: commands(['blanked', 'blank'], ['frozen', 'freeze']) };
  if (knows(...lockTopics)) offer.lock = { commands: lockTopics.some((topic) => settable.has(topic)) ? ['set'] : [] };
  if (knows('celsius', 'overheated')) offer.temperature = { commands: [] };
  if (knows('hours')) offer.usage = { commands: [] };
  if (knows('faults')) offer.diagnostics = { commands: [] };
  if (canShowMessages) offer.message = { commands: ['show', 'clear'] };
  if (settings.wake) offer.wake = { commands: ['wake'] };
  return offer;
}

/** A temperature alone says nothing about what this model bears. */
function levelOf(overheated: boolean | undefined): CapabilityState<'temperature'>['level'] {
  if (overheated === undefined) return 'unknown';
  return overheated ? 'error' : 'ok';
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the entries that nobody has told. */
function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}

/** As `present`, for texts of a device, which may be empty or too long. */
function clipped<T extends Readonly<Record<string, string | undefined>>>(values: T): Present<T> {
  const entries = Object.entries(values).flatMap(([key, value]) => (value ? [[key, value.slice(0, 200)]] : []));
  return Object.fromEntries(entries) as Present<T>;
}
