import type { Undo } from './member.ts';

/** One step that can be carried out; `register` is told how to take it back before anything is done. */
export interface PlannedStep {
  readonly label: string;
  /** Returns what it changed. Throws when its effect is not seen. */
  perform(register: (undo: Undo) => void): Promise<'changed' | 'unchanged'>;
}

export type RunResult =
  | { readonly outcome: 'done' }
  | {
      /** `left-as-is` when something could not be taken back. */
      readonly outcome: 'undone' | 'left-as-is';
      /** Index of the step that failed. */
      readonly step: number;
      readonly failure: unknown;
      /** Labels of what stays as it is, in the order of the steps. */
      readonly remains: readonly string[];
    };

/**
 * Carries out steps one after another. When one fails, it and those before it are taken back, last first; an undo that fails
 * does not keep the others from it.
 */
export async function runSteps(
  steps: readonly PlannedStep[],
  undo: (undo: Undo, label: string) => Promise<void>,
): Promise<RunResult> {
  const taken: { readonly label: string; readonly undo: Undo | undefined }[] = [];
  for (const [index, step] of steps.entries()) {
    let back: Undo | undefined;
    const register = (given: Undo) => {
      back = given;
    };
    try {
      const change = await step.perform(register);
      if (change === 'changed') taken.push({ label: step.label, undo: back });
    } catch (failure) {
      if (back) taken.push({ label: step.label, undo: back });
      const remains = await takeBack(taken, undo);
      return { outcome: remains.length === 0 ? 'undone' : 'left-as-is', step: index, failure, remains };
    }
  }
  return { outcome: 'done' };
}

async function takeBack(
  taken: readonly { readonly label: string; readonly undo: Undo | undefined }[],
  undo: (undo: Undo, label: string) => Promise<void>,
): Promise<string[]> {
  const remains: string[] = [];
  for (const { label, undo: back } of taken.toReversed()) {
    try {
      if (!back) throw new Error('it cannot be taken back');
      await undo(back, label);
    } catch {
      // What is not taken back is told by its label; the step that failed tells why.
      remains.unshift(label);
    }
  }
  return remains;
}
