export { createOrganisation, type Organisation } from './organisation.ts';
