export type { Facets } from './facets.ts';
export { createRegistry, type Registry } from './registry.ts';
