import type { Configuration } from '../../protocols/fleet/configuration/configuration.ts';
import type { Trx } from '../store/index.ts';
import { configurationOf, indexOf, layersAt } from './layers.ts';
import { readWishes } from './rows.ts';

/** What an agent is told of its devices, read with the rest of its desired document so that both are of one moment. */
export async function wishesOfDevices(
  trx: Trx,
  devices: readonly { readonly id: string; readonly family: string; readonly unitPath: string }[],
): Promise<ReadonlyMap<string, Configuration>> {
  const index = indexOf(await readWishes(trx, [...new Set(devices.map(({ unitPath }) => unitPath))]));
  return new Map(
    devices.flatMap(({ id, family, unitPath }) => {
      const configuration = configurationOf(layersAt(index, unitPath, { id, family }));
      return configuration ? [[id, configuration] as const] : [];
    }),
  );
}
