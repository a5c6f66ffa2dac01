export { hintOf } from './causes/hints.ts';
export type { CauseJournal, ResumedCause } from './causes/journal.ts';
export { createHealth, type Health } from './health.ts';
export { codeOf } from './judgement/codes.ts';
export { decisiveCapabilities } from './judgement/signals.ts';
