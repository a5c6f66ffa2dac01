/** The two ports that every part of agent and hub is given: time and log. Interfaces only; nothing here does I/O. */

/** The only source of time. Tests drive it by hand. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. It may jump. */
  now(): number;
  /** Monotonic milliseconds since some start of this boot. It never goes back. */
  mono(): number;
  /** Resolves after `delayMs`; rejects with the signal's reason as soon as it aborts. */
  wait(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** A signal that aborts with RecoverableError `timeout` after `delayMs`, or with `parent` when that comes first. Dispose it to free its timer. */
  deadline(delayMs: number, parent?: AbortSignal): Deadline;
}

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** Constant lower-case message, facts in fields. Secrets are redacted where the log is written, and do not belong here anyway. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds `fields` to every line. */
  child(fields: LogFields): Log;
}

/** Says nothing. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
};
