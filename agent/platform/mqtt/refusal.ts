import { FleetError, toError } from '../../../protocols/errors.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';

type RefusalCode =
  | 'sign-in-refused'
  | 'no-place'
  | 'oversize-packet'
  | 'too-many-packets'
  | 'slow-reader'
  | 'grant-ended'
  | 'broken-packet';

/** Why a client was refused or cut. */
export class Refusal extends FleetError {
  declare readonly code: RefusalCode;
  /** Return code of CONNACK (MQTT 3.1.1, 3.2.2.3) when this refuses a CONNECT. */
  readonly returnCode: 3 | 4 | 5;

  constructor(code: RefusalCode, message: string, returnCode: 3 | 4 | 5 = 5) {
    super(code, message);
    this.returnCode = returnCode;
  }
}

/** Whatever ended a client, as a refusal: what is not known otherwise broke a rule of MQTT, or the line. */
export function toRefusal(thrown: unknown): Refusal {
  return thrown instanceof Refusal ? thrown : new Refusal('broken-packet', toError(thrown).message);
}

const window = { lines: 20, ms: 60_000 } as const;

/** Tells the log what happens to strangers, but no more than 20 lines a minute: they can make it happen as often as they like. */
export function createRefusalLog(
  log: Log,
  clock: Clock,
): (message: string, fields: Readonly<Record<string, unknown>>) => void {
  let startedAt = Number.NEGATIVE_INFINITY;
  let told = 0;
  let untold = 0;
  return (message, fields) => {
    if (clock.mono() - startedAt > window.ms) {
      if (untold > 0) log.warn('more happened at the local broker than was told', { count: untold });
      startedAt = clock.mono();
      told = 0;
      untold = 0;
    }
    if (told++ < window.lines) log.warn(message, fields);
    else untold++;
  };
}
