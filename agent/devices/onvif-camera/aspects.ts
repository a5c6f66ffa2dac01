import type { OpenAspect } from './aspect.ts';
import { openDetection } from './sensing/detection-aspect.ts';
import { openImaging } from './sensing/imaging.ts';
import { openRelays } from './sensing/relay.ts';

/** Every aspect of a camera; a new one is a file and a line here. */
export const aspects: readonly OpenAspect[] = [openImaging, openRelays, openDetection];
