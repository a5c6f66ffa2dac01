import { z } from 'zod';
import type { CauseView } from '../../../../../protocols/api/causes.ts';
import type { DeviceEvent } from '../../../../../protocols/api/devices.ts';
import { findCapability, type Label } from '../../../../../protocols/fleet/capabilities/index.ts';
import type { TextKey } from '../../text/texts.ts';
import { nothing } from '../../ui/format.ts';

type Translate = (key: TextKey, values?: Readonly<Record<string, string | number>>) => string;

const bilingual = z.object({ title: z.object({ vi: z.string(), en: z.string() }) });
const change = z.object({ from: z.string(), to: z.string() });

/** A change of inventory, as the hub tells it. */
const exchange = z.object({ before: z.string().nullish(), after: z.string().nullish() });

/** Whatever an event names: a rule, a contact, an item, a part. */
const named = z.object({
  name: z.string().optional(),
  token: z.string().optional(),
  input: z.string().optional(),
  item: z.string().optional(),
  part: z.string().optional(),
});

const fields: Readonly<Record<string, TextKey>> = {
  vendor: 'devices.vendor',
  model: 'devices.model',
  serial: 'devices.serial',
  firmware: 'devices.firmware',
  hardware: 'identity.hardware',
  macs: 'identity.macs',
  parts: 'device.parts',
};

export const causeNames = {
  'hub-link': 'happened.cause.hub-link',
  'area-silent': 'happened.cause.area-silent',
  'school-uplink': 'happened.cause.school-uplink',
  'agent-silent': 'happened.cause.agent-silent',
  'switch-down': 'happened.cause.switch-down',
  'device-unreachable': 'happened.cause.device-unreachable',
  'device-fault': 'happened.cause.device-fault',
  'device-attention': 'happened.cause.device-attention',
  credentials: 'happened.cause.credentials',
  quarantine: 'happened.cause.quarantine',
  rule: 'happened.cause.rule',
} as const satisfies Record<CauseView['kind'], TextKey>;
const causes: Readonly<Record<string, TextKey>> = causeNames;

const known: Readonly<Record<string, TextKey>> = {
  'power.changed': 'happened.power.changed',
  'firmware.changed': 'happened.firmware.changed',
  'host.rebooted': 'happened.host.rebooted',
  'lamp.fault': 'happened.lamp.fault',
  'motion.tampered': 'happened.motion.tampered',
  'gate.alarm': 'happened.gate.alarm',
  'gate.unknownItem': 'happened.gate.unknownItem',
  'gate.lookup': 'happened.gate.lookup',
  'gate.outputFailed': 'happened.gate.outputFailed',
  'tagreader.antenna': 'happened.tagreader.antenna',
  'tagreader.exception': 'happened.tagreader.exception',
  'studio.mode': 'happened.studio.mode',
  'studio.part': 'happened.studio.part',
  'studio.sceneRun': 'happened.studio.sceneRun',
  'studio.lock': 'happened.studio.lock',
  'recording.changed': 'happened.recording.changed',
  'streaming.changed': 'happened.streaming.changed',
  'streaming.failed': 'happened.streaming.failed',
  'scene.changed': 'happened.scene.changed',
  'sound.muted': 'happened.sound.muted',
  'virtualcamera.changed': 'happened.virtualcamera.changed',
  'ports.link': 'happened.ports.link',
  'supplies.alert': 'happened.supplies.alert',
  'ups.source': 'happened.ups.source',
  'diagnostics.fault': 'happened.diagnostics.fault',
  'diagnostics.logged': 'happened.diagnostics.logged',
  'detection.crossed': 'happened.detection.crossed',
  'detection.entered': 'happened.detection.entered',
  'configuration.kept': 'happened.configuration.kept',
  'relay.input': 'happened.relay.input',
  'relay.output': 'happened.relay.output',
  'surroundings.contact': 'happened.surroundings.contact',
  'surroundings.danger': 'happened.surroundings.danger',
};

/** States that a change goes from and to, in our words; what is not here is told as it came. */
const words: Readonly<Record<string, Readonly<Record<string, TextKey>>>> = {
  power: { on: 'power.on', off: 'power.off', warming: 'power.warming', cooling: 'power.cooling' },
  studio: {
    idle: 'studio.idle',
    rehearsing: 'studio.rehearsing',
    recording: 'studio.recording',
    live: 'studio.live',
    up: 'studio.up',
    busy: 'studio.busy',
    refused: 'studio.refused',
    down: 'studio.down',
    starting: 'studio.starting',
  },
  recording: {
    stopped: 'recording.stopped',
    starting: 'recording.starting',
    recording: 'recording.recording',
    paused: 'recording.paused',
    stopping: 'recording.stopping',
    unknown: 'recording.unknown',
  },
  streaming: {
    stopped: 'streaming.stopped',
    starting: 'streaming.starting',
    live: 'streaming.live',
    reconnecting: 'streaming.reconnecting',
    stopping: 'streaming.stopping',
    unknown: 'streaming.unknown',
  },
  gate: {
    ready: 'gate.lookup.ready',
    connecting: 'gate.lookup.connecting',
    unavailable: 'gate.lookup.unavailable',
    refused: 'gate.lookup.refused',
    unsupported: 'gate.lookup.unsupported',
  },
  ups: { mains: 'ups.mains', battery: 'ups.battery', bypass: 'ups.bypass', none: 'ups.none' },
};

/** The command behind a name such as `power.off` or, with the capability apart, `off`. */
function commandLabel(event: DeviceEvent): Label | undefined {
  const [first = '', second] = event.name.split('.', 2);
  const capability = event.capability ?? first;
  return findCapability(capability)?.commands[second ?? first]?.label;
}

/** From what to what, in either of the two ways that a change is told. */
function changeOf(data: unknown): { readonly from: string; readonly to: string } | undefined {
  const moved = change.safeParse(data);
  if (moved.success) return moved.data;
  const swapped = exchange.safeParse(data);
  if (!swapped.success || typeof swapped.data.after !== 'string') return undefined;
  return { from: swapped.data.before ?? nothing, to: swapped.data.after };
}

/** How an event of a capability is called; undefined for one that has no words yet. */
export function eventKey(capability: string, name: string): TextKey | undefined {
  return known[`${capability}.${name}`];
}

function keyOf(event: DeviceEvent): TextKey | undefined {
  if (event.kind === 'cause') return causes[event.name];
  if (event.kind === 'inventory') return fields[event.name];
  return eventKey(event.capability ?? '', event.name);
}

function withSubject(title: string, data: unknown, t: Translate): string {
  const found = named.safeParse(data);
  if (!found.success) return title;
  const { name, token, input, item, part } = found.data;
  const subject = name ?? token ?? input ?? item ?? part;
  return subject === undefined ? title : t('happened.of', { title, subject });
}

/** One line for one happening: its own title where it brings one, our words where we know it, else its name as it came. */
export function titleOfEvent(event: DeviceEvent, t: Translate, pick: (label: Label) => string): string {
  const brought = bilingual.safeParse(event.data);
  if (brought.success) return pick(brought.data.title);
  const label = event.kind === 'command' ? commandLabel(event) : undefined;
  if (label) return pick(label);
  const key = keyOf(event);
  const title = key ? t(key) : event.name;
  const moved = changeOf(event.data);
  if (!moved) return withSubject(title, event.data, t);
  const own = words[event.capability ?? ''] ?? {};
  const say = (state: string) => (own[state] ? t(own[state]) : state);
  return t('happened.change', { title, from: say(moved.from), to: say(moved.to) });
}
