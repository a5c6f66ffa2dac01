import { DeviceError, type DeviceErrorCode } from '../../error.ts';

/** The service answers, but cannot, may not or will not give this one resource, or gives nonsense for it. Anything else is a failing connection. */
const refusals: readonly DeviceErrorCode[] = ['unsupported', 'device-fault', 'protocol', 'authentication', 'busy'];

/** Reads what a service may lack: undefined where it refuses. Throws DeviceError when the connection fails. */
export async function unlessRefused<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof DeviceError && refusals.includes(thrown.code)) return undefined;
    throw thrown;
  }
}

/** Reads several, one after the other, because small controllers answer one question at a time; leaves out what is refused. */
export async function allOf<T>(paths: readonly string[], read: (path: string) => Promise<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for (const path of paths) {
    const one = await unlessRefused(() => read(path));
    if (one !== undefined) found.push(one);
  }
  return found;
}
