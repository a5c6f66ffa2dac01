export { type Audit, createAudit } from './audit.ts';
export type { AuditEntry } from './chain.ts';
