import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { FatalError, RecoverableError, toError } from '../../../protocols/errors.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './protocol.ts';

/** The thread of the embedded database, started again when it ends unasked. */
export interface DatabaseThread {
  /** Starts it and resolves with the number of fsync calls that one commit made. Throws FatalError `embedded-database`. */
  start(): Promise<number>;
  /** A connection as the `pg` client wants its socket. There is one session behind all of them: use one at a time. */
  connect(): Duplex;
  /** Checkpoint, close, end of the thread. */
  close(): Promise<void>;
}

interface Running {
  readonly worker: Worker;
  readonly ready: Promise<number>;
}

/** A statement that is not answered within this time never will be: the thread is ended and opened again. */
const answerTimeoutMs = 180_000;
const watchEveryMs = 10_000;

/** How long a close may take before the thread is ended by force; what was committed stays. */
const closeTimeoutMs = 20_000;

export function createDatabaseThread(folder: string, clock: Clock, log: Log): DatabaseThread {
  let running: Running | undefined;
  let connection: WireStream | undefined;
  let closing = false;
  let askedAt: number | undefined;
  const stopWatching = new AbortController();
  let watching: Promise<void> | undefined;

  const onMessage = (message: FromWorker) => {
    askedAt = undefined;
    if (message.kind === 'bytes') connection?.receive(message.bytes);
    if (message.kind === 'failed') log.error('embedded database failed', { reason: message.message });
  };
  const onExit = (worker: Worker) => {
    if (running?.worker === worker) running = undefined;
    askedAt = undefined;
    if (!closing) log.error('embedded database ended; it is started again at the next query');
    connection?.destroy(new RecoverableError('database-unavailable', 'the embedded database ended'));
  };
  const watch = async () => {
    while (!stopWatching.signal.aborted) {
      await clock.wait(watchEveryMs, stopWatching.signal);
      if (!running || askedAt === undefined || clock.mono() - askedAt < answerTimeoutMs) continue;
      log.error('embedded database does not answer, it is opened again', { afterMs: clock.mono() - askedAt });
      await running.worker.terminate();
    }
  };
  const spawn = (): Running => {
    const settings: WorkerSettings = { folder };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: settings });
    worker.on('message', onMessage);
    worker.on('error', (error) => log.error('embedded database thread failed', { error }));
    worker.on('exit', () => onExit(worker));
    const ready = firstWord(worker);
    // Whoever starts it hears of the failure; nobody else must.
    ready.catch(() => {});
    return { worker, ready };
  };
  const start = () => {
    if (closing) throw new RecoverableError('database-unavailable', 'the embedded database is closing');
    running ??= spawn();
    // Rejects only by the stop.
    watching ??= watch().catch(() => {});
    return running.ready;
  };
  const send = (message: ToWorker, transfer: readonly ArrayBuffer[] = []) => {
    if (!running) throw new RecoverableError('database-unavailable', 'the embedded database is not running');
    askedAt ??= clock.mono();
    running.worker.postMessage(message, [...transfer]);
  };

  return {
    start: async () => start(),
    connect: () => {
      connection = new WireStream(async () => start(), send);
      return connection;
    },
    close: async () => {
      closing = true;
      stopWatching.abort();
      await watching;
      const { worker } = running ?? {};
      if (!worker) return;
      using deadline = clock.deadline(closeTimeoutMs);
      const exited = once(worker, 'exit', { signal: deadline.signal });
      send({ kind: 'close' });
      try {
        await exited;
      } catch (thrown) {
        log.warn('embedded database did not close in time', { error: toError(thrown) });
        await worker.terminate();
      }
    },
  };
}

/** Resolves with the fsync count of the thread's first commit. */
function firstWord(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) =>
      reject(new FatalError('embedded-database', `the embedded database does not open: ${reason}`));
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') resolve(message.fsyncs);
      if (message.kind === 'failed') fail(message.message);
    });
    worker.once('error', (error) => fail(toError(error).message));
    worker.once('exit', (code) => fail(`its thread ended with ${code}`));
  });
}

/** What `pg` takes for its socket: chunks that it writes together travel as one message. */
class WireStream extends Duplex {
  readonly #start: () => Promise<number>;
  readonly #send: (message: ToWorker, transfer: readonly ArrayBuffer[]) => void;

  constructor(start: () => Promise<number>, send: (message: ToWorker, transfer: readonly ArrayBuffer[]) => void) {
    super();
    this.#start = start;
    this.#send = send;
  }

  connect(): void {
    this.#start().then(
      () => this.emit('connect'),
      (thrown: unknown) => this.destroy(toError(thrown)),
    );
  }

  receive(bytes: ArrayBuffer): void {
    if (!this.destroyed) this.push(Buffer.from(bytes));
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#pass(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#pass([chunk], done);
  }

  override _read(): void {}

  // The parts of a TCP socket that pg calls and that mean nothing here.
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  #pass(chunks: readonly Buffer[], done: (error?: Error | null) => void): void {
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const bytes = new Uint8Array(new ArrayBuffer(size));
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    // `Terminate`: the session behind stays for the next connection.
    if (bytes[0] === 0x58) {
      this.push(null);
      done();
      return;
    }
    try {
      this.#send({ kind: 'bytes', bytes: bytes.buffer as ArrayBuffer }, [bytes.buffer as ArrayBuffer]);
      done();
    } catch (thrown) {
      done(toError(thrown));
    }
  }
}
