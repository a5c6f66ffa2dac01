import type { Label } from '../../protocols/fleet/capabilities/index.ts';

/** A kind of device by what it draws. The watts are estimates until somebody has put measured ones in their place. */
export interface EnergyClass {
  readonly name: string;
  readonly label: Label;
  readonly onWatts: number;
  readonly standbyWatts: number;
  /** It belongs here when it has one of these capabilities. */
  readonly has: readonly string[];
}

/** The first that fits counts. Typical nameplate figures, rounded; nobody has measured them at a school. */
export const energyClasses: readonly EnergyClass[] = [
  { name: 'projection', label: { vi: 'Máy chiếu', en: 'Projection' }, onWatts: 280, standbyWatts: 0.5, has: ['lamp'] },
  { name: 'studio', label: { vi: 'Phòng thu', en: 'Studio' }, onWatts: 250, standbyWatts: 5, has: ['studio', 'scene'] },
  { name: 'server', label: { vi: 'Máy chủ', en: 'Server' }, onWatts: 180, standbyWatts: 8, has: ['diagnostics'] },
  { name: 'computer', label: { vi: 'Máy tính nhỏ', en: 'Mini-PC' }, onWatts: 20, standbyWatts: 2, has: ['host'] },
  {
    name: 'camera',
    label: { vi: 'Camera', en: 'Camera' },
    onWatts: 8,
    standbyWatts: 0,
    has: ['snapshot', 'imaging', 'ptz'],
  },
  {
    name: 'gate',
    label: { vi: 'Cổng thư viện', en: 'Library gate' },
    onWatts: 40,
    standbyWatts: 5,
    has: ['gate', 'tagreader'],
  },
  {
    name: 'headset',
    label: { vi: 'Kính thực tế ảo', en: 'Headset' },
    onWatts: 10,
    standbyWatts: 0.5,
    has: ['apps'],
  },
  { name: 'printer', label: { vi: 'Máy in', en: 'Printer' }, onWatts: 60, standbyWatts: 4, has: ['supplies'] },
  {
    name: 'switch',
    label: { vi: 'Thiết bị mạng', en: 'Network device' },
    onWatts: 30,
    standbyWatts: 0,
    has: ['ports'],
  },
  {
    name: 'display',
    label: { vi: 'Bảng, màn hình', en: 'Board or display' },
    onWatts: 220,
    standbyWatts: 0.5,
    has: ['input', 'volume'],
  },
];

/** What fits none of them. */
export const otherClass: EnergyClass = {
  name: 'other',
  label: { vi: 'Thiết bị khác', en: 'Other' },
  onWatts: 10,
  standbyWatts: 0.5,
  has: [],
};

/** The class of a device by the capabilities that it described. */
export function classOf(capabilities: ReadonlySet<string>): EnergyClass {
  return energyClasses.find(({ has }) => has.some((one) => capabilities.has(one))) ?? otherClass;
}
