export type { AgentTouch, NewAgent } from './agents.ts';
export type { DirectoryAgent, DirectoryDevice } from './directory.ts';
export type { Facets } from './facets.ts';
export { createRegistry, type Registry } from './registry.ts';
