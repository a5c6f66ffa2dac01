/** Between the hub's thread and the thread of the embedded database. `bytes` are PostgreSQL wire messages, handed over, not copied. */
export type ToWorker = { readonly kind: 'bytes'; readonly bytes: ArrayBuffer } | { readonly kind: 'close' };

export type FromWorker =
  /** Open and recovered; `fsyncs` is how many calls one commit was seen to make. */
  | { readonly kind: 'ready'; readonly fsyncs: number }
  | { readonly kind: 'bytes'; readonly bytes: ArrayBuffer }
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly message: string };

export interface WorkerSettings {
  readonly folder: string;
}
