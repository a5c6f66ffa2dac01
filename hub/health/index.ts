export type { OpenCause } from './causes/cause.ts';
export { hintOf } from './causes/hints.ts';
export type { CauseChange, CauseJournal, ResumedCause } from './causes/journal.ts';
export { createHealth, type Health } from './health.ts';
export { codeOf } from './judgement/codes.ts';
export { decisiveCapabilities } from './judgement/signals.ts';
