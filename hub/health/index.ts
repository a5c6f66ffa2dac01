export { createHealth, type Health } from './health.ts';
export { decisiveCapabilities } from './judgement/signals.ts';
