import type { Limit, Verdict } from '../second-opinion/opinion.ts';
import type { Cause, StepName } from '../steps.ts';

/** What happened, and what a person can do about it. */
interface Explanation {
  readonly what: string;
  readonly remedy: string;
}

/** All that is said to people, in one language. */
export interface Texts {
  readonly steps: Readonly<Record<StepName, string>>;
  readonly status: Readonly<Record<'ok' | 'skipped' | 'not-needed', string>>;
  readonly causes: Readonly<Record<Cause, Explanation>>;
  readonly detail: string;
  readonly allAnswered: string;
  readonly notAll: string;
  readonly looking: (ports: string) => string;
  readonly closedPort: (port: number, family: string) => string;
  readonly openPort: (port: number, family: string) => string;
  /** A port that was named and is open, but nobody is recognised; `families` have it as their usual one, if any. */
  readonly openStranger: (port: number, families: string) => string;
  readonly closedStranger: (port: number) => string;
  readonly nobody: string;
  readonly unseen: (families: string) => string;
  readonly states: string;
  readonly captured: (file: string, bytes: number, keepsSerials: boolean) => string;
  readonly secondOpinion: string;
  readonly verdicts: Readonly<Record<Verdict, string>>;
  /** Why the other program could not be asked. */
  readonly limits: Readonly<Record<Limit, string>>;
}
