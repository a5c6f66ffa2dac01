/**
 * Where release metadata and artifacts come from: the hub's gateway, a neighbour, a stick. `path` is `metadata/<file>` or
 * `artifacts/<sha256>`; content begins at `fromByte`. Nothing that it yields is trusted. Throws RecoverableError
 * `release-not-found` where the other side says that there is no such file, anything else when it cannot tell.
 */
export type ReleaseFetch = (path: string, fromByte: number, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
