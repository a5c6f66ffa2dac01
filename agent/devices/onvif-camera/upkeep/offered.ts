import {
  getOldUpkeepCapabilities,
  getUpkeepCapabilities,
  type UpkeepCapabilities,
} from '../../../../protocols/onvif/upkeep/system.ts';
import type { OnvifClient } from '../client.ts';
import { isRefusal } from '../failure.ts';

/** How a camera can be looked after, in the order in which the ways are to be tried. */
export interface UpkeepFacts {
  /** Ways to take firmware: an HTTP POST, or inside a SOAP message as before 2016. Undefined where it does not say. */
  readonly upgrades: readonly ('http' | 'soap')[] | undefined;
  readonly logs: readonly ('soap' | 'http')[];
}

/** Asks a camera what it offers, the older way where it does not know the newer. Throws DeviceError when the connection fails. */
export async function readUpkeep(client: OnvifClient, signal: AbortSignal): Promise<UpkeepFacts> {
  let told: UpkeepCapabilities | undefined;
  for (const question of [getUpkeepCapabilities(), getOldUpkeepCapabilities()]) {
    try {
      told = await client.call(client.deviceService, question, { signal });
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
    }
    if (told && Object.values(told).some((flag) => flag !== undefined)) return toFacts(told);
  }
  return { upgrades: undefined, logs: [] };
}

function toFacts({ hasHttpUpgrade, hasSoapUpgrade, hasLog, hasHttpLog }: UpkeepCapabilities): UpkeepFacts {
  return {
    upgrades: [...(hasHttpUpgrade ? (['http'] as const) : []), ...(hasSoapUpgrade ? (['soap'] as const) : [])],
    logs: [...(hasLog ? (['soap'] as const) : []), ...(hasHttpLog ? (['http'] as const) : [])],
  };
}
