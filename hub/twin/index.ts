export { createTwin, type ReportedState, type Twin } from './twin.ts';
