import { z } from 'zod';
import type { DeviceEvent } from '../../../../../protocols/api/devices.ts';
import { findCapability, type Label } from '../../../../../protocols/fleet/capabilities/index.ts';
import type { TextKey } from '../../text/texts.ts';

type Translate = (key: TextKey, values?: Readonly<Record<string, string | number>>) => string;

const bilingual = z.object({ title: z.object({ vi: z.string(), en: z.string() }) });
const change = z.object({ from: z.string(), to: z.string() });

const known: Readonly<Record<string, TextKey>> = {
  'power.changed': 'happened.power.changed',
  'firmware.changed': 'happened.firmware.changed',
  'host.rebooted': 'happened.host.rebooted',
  'lamp.fault': 'happened.lamp.fault',
  'motion.tampered': 'happened.motion.tampered',
};

/** The command behind a name such as `power.off` or, with the capability apart, `off`. */
function commandLabel(event: DeviceEvent): Label | undefined {
  const [first = '', second] = event.name.split('.', 2);
  const capability = event.capability ?? first;
  return findCapability(capability)?.commands[second ?? first]?.label;
}

/** One line for one happening: its own title where it brings one, our words where we know it, else its name as it came. */
export function titleOfEvent(event: DeviceEvent, t: Translate, pick: (label: Label) => string): string {
  const own = bilingual.safeParse(event.data);
  if (own.success) return pick(own.data.title);
  const label = event.kind === 'command' ? commandLabel(event) : undefined;
  if (label) return pick(label);
  const key = known[`${event.capability ?? ''}.${event.name}`];
  const moved = change.safeParse(event.data);
  const title = key ? t(key) : event.name;
  return moved.success ? t('happened.change', { title, from: moved.data.from, to: moved.data.to }) : title;
}
