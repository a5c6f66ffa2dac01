import { z } from 'zod';
import { FleetError, RecoverableError, toError } from '../errors.ts';

/** What went wrong, on any wire of ours: a stable code, a sentence, and whether trying again may help. */
export const problemSchema = z.object({
  code: z.string().min(1).max(64),
  message: z.string().max(2_000),
  retryable: z.boolean(),
});
export type Problem = z.infer<typeof problemSchema>;

/** Turns any thrown value into a problem; a value that is none of ours has the code `internal`. */
export function toProblem(thrown: unknown): Problem {
  const error = toError(thrown);
  const code = error instanceof FleetError ? error.code : 'internal';
  return {
    code: code.slice(0, 64),
    message: error.message.slice(0, 2_000),
    retryable: error instanceof RecoverableError,
  };
}
