export { type Audit, createAudit } from './audit.ts';
export type { AuditEntry } from './chain.ts';
export { createWitnesses, createWitnessKey, type Witnesses } from './witness.ts';
