import { DeviceError } from '../../error.ts';

/** The board says by its own protocol that it will not: it does not know the request, or cannot now. */
export function refused(what: string): DeviceError {
  return new DeviceError('unsupported', `the board refuses ${what}`);
}

/** Another display answers, on a chain or by a wrong id in the settings. */
export function wrongId(answered: number, wanted: number): DeviceError {
  return new DeviceError('protocol', `display ${answered} answers, but the settings name display ${wanted}`, {
    details: { answered, wanted },
  });
}
