import { DeviceError } from '../error.ts';
import type { RecordingReading } from './member.ts';
import type { Settings } from './settings.ts';

export type Reserve = Settings['reserve'];

/** Throws DeviceError `unavailable` when there is less room than a lesson needs; a recorder that does not say has room. */
export function requireReserve(recording: RecordingReading | undefined, reserve: Reserve): void {
  const { freeBytes, freeSeconds } = recording ?? {};
  if (freeBytes !== undefined && freeBytes < reserve.megabytes * 1_000_000) {
    throw new DeviceError(
      'unavailable',
      `only ${Math.round(freeBytes / 1_000_000)} MB are left to record to, less than ${reserve.megabytes} MB; remove old recordings`,
    );
  }
  if (freeSeconds !== undefined && freeSeconds < reserve.minutes * 60) {
    throw new DeviceError(
      'unavailable',
      `only ${Math.floor(freeSeconds / 60)} minutes can be recorded, less than ${reserve.minutes}; change the disk`,
    );
  }
}
