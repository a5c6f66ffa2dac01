import type { ProgramPort } from '../../agent/platform/program.ts';
import { RecoverableError } from '../../protocols/errors.ts';
import type { LeapingClock } from './hostile-clock.ts';
import { mutate } from './hostile-mutation.ts';
import type { Random } from './hostile-random.ts';

export interface OddProgramsOptions {
  readonly clock: LeapingClock;
  readonly random: Random;
  readonly isHostile: () => boolean;
  /** What a program truly prints, by the last words of its arguments; nothing for any other. */
  readonly truths: Readonly<Record<string, string>>;
  /** What it writes to standard error when it fails. */
  readonly failures: readonly string[];
}

/** Programs of the machine that print what a device made them print: true, twisted, too much, late, or nothing but an error. */
export interface OddPrograms {
  readonly port: ProgramPort;
  readonly lies: () => number;
}

export function createOddPrograms({ clock, random, isHostile, truths, failures }: OddProgramsOptions): OddPrograms {
  let lies = 0;
  const all = Object.values(truths).map((text) => Buffer.from(text));
  return {
    lies: () => lies,
    port: {
      run: async ({ args, timeoutMs, maxBytes, signal }) => {
        const words = args.join(' ');
        const truth = Object.entries(truths).find(([question]) => words.endsWith(question))?.[1] ?? '';
        await clock.wait(20 + random.below(400), signal);
        if (!isHostile() || random.chance(0.6)) return { exitCode: 0, stdout: truth, stderr: '' };
        lies++;
        if (random.chance(0.05)) {
          await clock.wait(timeoutMs, signal);
          throw new RecoverableError('timeout', `it did not end within ${timeoutMs / 1_000} s`);
        }
        if (random.chance(0.2)) return { exitCode: 1, stdout: '', stderr: random.pick(failures) };
        const stdout = mutate(Buffer.from(truth), random, all).bytes;
        // The real port cuts a program off that prints more.
        if (stdout.length > maxBytes)
          throw new RecoverableError('response-too-large', `it writes more than ${maxBytes} bytes`);
        const stderr = random.chance(0.2) ? mutate(Buffer.from(random.pick(failures)), random, all).bytes : '';
        return { exitCode: random.pick([0, 0, 0, 1, -1]), stdout: stdout.toString(), stderr: stderr.toString() };
      },
    },
  };
}
