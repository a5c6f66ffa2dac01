import type { OpenAspect } from './aspect.ts';
import { openDetection } from './sensing/detection-aspect.ts';
import { openImaging } from './sensing/imaging.ts';
import { openRelays } from './sensing/relay.ts';
import { openAccounts } from './upkeep/accounts.ts';
import { openCertificate } from './upkeep/certificate.ts';
import { openLog } from './upkeep/log.ts';
import { openNetwork } from './upkeep/network.ts';
import { openRestart } from './upkeep/restart.ts';
import { openTime } from './upkeep/time.ts';

/** Every aspect of a camera; a new one is a file and a line here. */
export const aspects: readonly OpenAspect[] = [
  openImaging,
  openRelays,
  openDetection,
  openTime,
  openNetwork,
  openAccounts,
  openCertificate,
  openLog,
  openRestart,
];
