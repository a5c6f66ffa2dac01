/** The package brings no types; this is what the benchmarks use of it. */
declare module 'pg-copy-streams' {
  import type { Writable } from 'node:stream';
  import type { Submittable } from 'pg';

  /** A query for `client.query` that takes the rows of `COPY … FROM STDIN`. */
  export function from(text: string): Writable & Submittable;
}
