import { z } from 'zod';
import { type CapabilityState, capabilities, type Label } from '../capabilities/index.ts';
import { defineSetting, type Setting } from './setting.ts';

type Levels = 'brightness' | 'contrast' | 'saturation' | 'sharpness';
type Choices = 'dayNight' | 'backlight' | 'exposure';
type Imaging = CapabilityState<'imaging'>;

const setImaging = capabilities.imaging.commands.set.args.shape;
const { servers, zone } = capabilities.time.commands.setNtp.args.shape;

/** A level of the picture. A wish outside of the device's own range is one that it cannot take. */
function level(name: Levels, label: Label) {
  return defineSetting({
    capability: 'imaging',
    label,
    value: setImaging[name].unwrap(),
    shared: true,
    keeping: 'heal',
    reported: (state: Imaging) => state[name],
    command: (value: number, { ranges }: Imaging) => {
      const range = ranges[name];
      return range && value >= range.min && value <= range.max ? { name: 'set', args: { [name]: value } } : undefined;
    },
  });
}

function choice(name: Choices, value: z.ZodType<unknown>, label: Label): Setting<'imaging', unknown> {
  return {
    capability: 'imaging',
    label,
    value,
    shared: true,
    keeping: 'heal',
    reported: (state) => state[name],
    command: (wanted, { choices }) => {
      const offered: readonly unknown[] = choices[name] ?? [];
      return offered.includes(wanted) ? { name: 'set', args: { [name]: wanted } } : undefined;
    },
  };
}

function locked(target: 'panel' | 'remote' | 'keys', label: Label) {
  return defineSetting({
    capability: 'lock',
    label,
    value: z.boolean(),
    shared: true,
    keeping: 'heal',
    reported: (state: CapabilityState<'lock'>) => state[target],
    command: (value: boolean) => ({ name: 'set', args: { target, locked: value } }),
  });
}

/** Every setting, by its key `<capability>.<name>`. A new one is a line here. */
export const settings = {
  'volume.level': defineSetting({
    capability: 'volume',
    label: { vi: 'Âm lượng', en: 'Volume' },
    value: capabilities.volume.commands.set.args.shape.level,
    shared: true,
    // Set right while somebody teaches it would be taken out of their hands.
    keeping: 'power-on',
    reported: ({ level }) => level,
    // A device of 64 steps tells 39 for 40.
    isSame: (a, b) => Math.abs(a - b) <= 1,
    command: (value) => ({ name: 'set', args: { level: value } }),
  }),
  'volume.muted': defineSetting({
    capability: 'volume',
    label: { vi: 'Tắt tiếng', en: 'Muted' },
    value: z.boolean(),
    shared: true,
    keeping: 'power-on',
    reported: ({ muted }) => muted,
    command: (value) => ({ name: 'mute', args: { muted: value } }),
  }),
  'input.selected': defineSetting({
    capability: 'input',
    label: { vi: 'Nguồn hình khi bật', en: 'Input' },
    value: capabilities.input.commands.select.args.shape.id,
    shared: true,
    keeping: 'power-on',
    reported: ({ selected }) => selected,
    command: (value, { sources }) =>
      sources === undefined || sources.some(({ id }) => id === value)
        ? { name: 'select', args: { id: value } }
        : undefined,
  }),
  'lock.panel': locked('panel', { vi: 'Khóa nút trên máy', en: 'Buttons locked' }),
  'lock.remote': locked('remote', { vi: 'Khóa điều khiển từ xa', en: 'Remote control locked' }),
  'lock.keys': locked('keys', { vi: 'Khóa nút và điều khiển', en: 'Buttons and remote control locked' }),
  'time.servers': defineSetting({
    capability: 'time',
    label: { vi: 'Máy chủ giờ (NTP)', en: 'Time servers (NTP)' },
    value: servers.min(1),
    shared: true,
    keeping: 'heal',
    // Servers that are known and not asked keep no time.
    reported: ({ source, active, servers }) => (source === 'ntp' && active ? servers : []),
    command: (value) => ({ name: 'setNtp', args: { servers: value } }),
  }),
  'time.zone': defineSetting({
    capability: 'time',
    label: { vi: 'Múi giờ', en: 'Time zone' },
    value: zone.unwrap(),
    shared: true,
    keeping: 'heal',
    reported: (state) => state.zone,
    // The command sets both; servers that DHCP names stay those.
    command: (value, state) => ({
      name: 'setNtp',
      args: { servers: state.source === 'ntp' ? state.servers.slice(0, 4) : [], zone: value },
    }),
  }),
  'network.hostname': defineSetting({
    capability: 'network',
    label: { vi: 'Tên máy', en: 'Host name' },
    value: capabilities.network.commands.setHostname.args.shape.hostname,
    shared: false,
    keeping: 'heal',
    reported: ({ hostname }) => hostname,
    command: (value) => ({ name: 'setHostname', args: { hostname: value } }),
  }),
  'imaging.brightness': level('brightness', { vi: 'Độ sáng', en: 'Brightness' }),
  'imaging.contrast': level('contrast', { vi: 'Độ tương phản', en: 'Contrast' }),
  'imaging.saturation': level('saturation', { vi: 'Độ bão hòa màu', en: 'Saturation' }),
  'imaging.sharpness': level('sharpness', { vi: 'Độ nét', en: 'Sharpness' }),
  'imaging.dayNight': choice('dayNight', setImaging.dayNight.unwrap(), { vi: 'Ngày/đêm', en: 'Day or night' }),
  'imaging.backlight': choice('backlight', setImaging.backlight.unwrap(), { vi: 'Bù ngược sáng', en: 'Backlight' }),
  'imaging.exposure': choice('exposure', setImaging.exposure.unwrap(), { vi: 'Phơi sáng', en: 'Exposure' }),
} as const;

export type SettingKey = keyof typeof settings;
export const settingKeys = Object.keys(settings) as readonly SettingKey[];

/** A setting by a key from outside; undefined when this version does not know it. */
export function findSetting(key: string): Setting | undefined {
  return Object.hasOwn(settings, key) ? (settings[key as SettingKey] as unknown as Setting) : undefined;
}
