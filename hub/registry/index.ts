export type { PlacedDevice } from './addition.ts';
export type { Facets } from './facets.ts';
export { createRegistry, type Registry } from './registry.ts';
