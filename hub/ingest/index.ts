export { createIngest, type Ingest } from './ingest.ts';
export type { RecordSink } from './sinks.ts';
