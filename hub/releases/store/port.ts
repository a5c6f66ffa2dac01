import type { Readable } from 'node:stream';

/** Where the bytes of releases lie, by their SHA-256. Names of uploads are ours: letters and digits. */
export interface ArtifactStore {
  /** Makes room for an upload. `promised`: bytes that other uploads still need. Throws NoRoomError. */
  begin(upload: string, length: number, promised: number): Promise<void>;
  /** Bytes of an upload that stand; undefined when it is not there. */
  received(upload: string): Promise<number | undefined>;
  /**
   * Appends at `offset`, at most up to `length`, with bounded memory. Whatever arrived is kept and durable, also when the
   * source breaks off or `signal` ends it. Returns the new offset. Throws WrongOffsetError, NoRoomError, and FatalError
   * `too-large` when more than the announced bytes come.
   */
  append(upload: string, part: UploadPart, signal: AbortSignal): Promise<number>;
  /** Checks a whole upload and keeps it for good. Throws WrongHashError, after which the upload is gone. */
  seal(upload: string, sha256: string): Promise<void>;
  discard(upload: string): Promise<void>;
  /** Bytes of a stored artifact; undefined when it is not there. */
  lengthOf(sha256: string): Promise<number | undefined>;
  /** Bytes `from` to `to`, both included, of an artifact that was checked whole within the day. Throws DamagedError. */
  read(sha256: string, from: number, to: number): Promise<Readable>;
  remove(sha256: string): Promise<void>;
  /** Removes what belongs to no upload in `standing`; returns how many files. */
  sweep(standing: ReadonlySet<string>): Promise<number>;
}

export interface UploadPart {
  readonly offset: number;
  /** Of the whole upload. */
  readonly length: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}
