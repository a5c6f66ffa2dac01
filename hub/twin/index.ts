export { createTwin, type Twin } from './twin.ts';
