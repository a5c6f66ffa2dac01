export { createOrganisation, type Organisation, type UnitCounts } from './organisation.ts';
export type { UnitRef } from './tree.ts';
