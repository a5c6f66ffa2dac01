/** Errors of the whole product: the first level answers the only question every caller has, "may I try again?". */

export interface FleetErrorOptions {
  readonly cause?: unknown;
  /** Typed facts for logs and pages; never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Base of every error that we throw on purpose. `code` is stable and documented; `message` is for people. */
export class FleetError extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: FleetErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** The same call may succeed later: a link is down, a device is busy, a deadline passed. */
export class RecoverableError extends FleetError {}

/** The same call will fail again until a person or a configuration changes something. */
export class FatalError extends FleetError {}

/** Reads a thrown value as an Error, so that callers never lose a message to `throw 'text'`. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
