export { createHealth, type Health } from './health.ts';
export { decisiveCapabilities } from './signals.ts';
