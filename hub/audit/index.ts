export { type Audit, createAudit } from './audit.ts';
export type { AuditEntry } from './chain.ts';
export type { AuditPage, AuditQuery } from './list.ts';
