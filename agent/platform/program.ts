/** Programs of the agent's machine that a driver may ask; each is named here, none is found by a word from outside. */
export type ProgramName = 'ipmitool';

export interface ProgramCall {
  readonly program: ProgramName;
  /** Passed as they are, through no shell. Never a secret: other users of the machine can read them. */
  readonly args: readonly string[];
  /** Secrets go here. Nothing else of the agent's own environment is passed but PATH and the language C. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Longest output that is read of each stream; a longer one ends the program with RecoverableError `response-too-large`. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramPort {
  /**
   * Runs a program to its end; it is killed on timeout and abort, with all that it started.
   * Throws FatalError `program-missing` (with the package to install), RecoverableError `timeout` | `response-too-large`.
   */
  run(call: ProgramCall): Promise<ProgramResult>;
}
