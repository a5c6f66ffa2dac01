import type { AvailabilityReport } from '../../protocols/api/operation/availability.ts';
import type { EnergyClass } from './classes.ts';
import { addFigures, type DeviceFigures, noFigures } from './figures.ts';

/** Devices that a report puts together. */
export interface Group {
  readonly key: string;
  readonly name: string;
  readonly place: string | undefined;
  devices: number;
  figures: DeviceFigures;
  wattMs: number;
}

const hourMs = 3_600_000;

export function emptyGroup(key: string, name: string, place?: string): Group {
  return { key, name, place, devices: 0, figures: noFigures, wattMs: 0 };
}

/** Adds one device; returns the same group. */
export function addDevice(group: Group, figures: DeviceFigures, { onWatts, standbyWatts }: EnergyClass): Group {
  group.devices++;
  group.figures = addFigures(group.figures, figures);
  group.wattMs += figures.onMs * onWatts + figures.standbyMs * standbyWatts;
  return group;
}

export function figuresView({ devices, figures, wattMs }: Group): AvailabilityReport['whole'] {
  const { lessonMs, downMs, unknownMs, incidents, repaired, repairMs, onMs } = figures;
  const knownMs = lessonMs - unknownMs;
  return {
    devices,
    lessonHours: hours(lessonMs),
    downHours: hours(downMs),
    unknownHours: hours(unknownMs),
    incidents,
    onHours: hours(onMs),
    energyKwh: rounded(wattMs / hourMs / 1_000),
    ...(knownMs > 0 ? { availability: Math.round(((knownMs - downMs) / knownMs) * 1e6) / 1e6 } : {}),
    ...(repaired > 0 ? { repairHours: hours(repairMs / repaired) } : {}),
  };
}

function hours(ms: number): number {
  return rounded(ms / hourMs);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
