export { type HealthCode, healthCodes } from './codes.ts';
export { createHealth, type Health, type HealthDeps } from './health.ts';
