export { createQuarantine, type Quarantine, type QuarantineEntry } from './quarantine.ts';
