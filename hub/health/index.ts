export type { OpenCause } from './causes/causes.ts';
export type { CauseChange, CauseJournal, ResumedCause } from './causes/journal.ts';
export { createHealth, type Health } from './health.ts';
export { decisiveCapabilities } from './judgement/signals.ts';
