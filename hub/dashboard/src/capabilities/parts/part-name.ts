import type { TextKey } from '../../text/texts.ts';

/** Parts of devices that have words of ours; others are named as the device names them. */
const known: Readonly<Record<string, TextKey>> = {
  backlight: 'part.backlight',
  battery: 'part.battery',
  'brightness-sensor': 'part.brightness-sensor',
  cover: 'part.cover',
  device: 'part.device',
  fan: 'part.fan',
  filter: 'part.filter',
  lamp: 'part.lamp',
  other: 'part.other',
  tamper: 'part.tamper',
  temperature: 'part.temperature',
};

export function partName(part: string, t: (key: TextKey) => string): string {
  const key = Object.hasOwn(known, part) ? known[part] : undefined;
  return key ? t(key) : part;
}
