export type { StructureChange } from './channel.ts';
export { dayOf } from './day.ts';
export { createOrganisation, type Organisation } from './organisation.ts';
