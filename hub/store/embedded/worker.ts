import { parentPort, workerData } from 'node:worker_threads';
import { FatalError, toError } from '../../../protocols/errors.ts';
import { type Engine, openEngine, simpleQuery } from './engine.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './protocol.ts';

/** The embedded database's thread. It only moves wire messages; every decision is the hub's. */

if (!parentPort) throw new FatalError('not-a-worker', 'this file runs as a worker thread only');
const port = parentPort;
const settings = workerData as WorkerSettings;

function tell(message: FromWorker, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, [...transfer]);
}

/** One small commit, to see whether it is synced before it returns. */
function countFsyncsOfOneCommit(engine: Engine): number {
  const before = engine.fsyncs;
  engine.execute(simpleQuery("select pg_logical_emit_message(true, 'edufleet', 'durability self-test')"));
  return engine.fsyncs - before;
}

function answer(engine: Engine, bytes: ArrayBuffer): void {
  const view = engine.execute(new Uint8Array(bytes));
  if (view.length === 0) return;
  const whole = view.byteOffset === 0 && view.byteLength === view.buffer.byteLength;
  const out = (whole ? view.buffer : view.slice().buffer) as ArrayBuffer;
  tell({ kind: 'bytes', bytes: out }, [out]);
}

try {
  const engine = await openEngine(settings.folder);
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'bytes') {
      try {
        answer(engine, message.bytes);
      } catch (thrown) {
        tell({ kind: 'failed', message: toError(thrown).message });
        process.exit(1);
      }
      return;
    }
    void engine
      .close()
      .then(() => tell({ kind: 'closed' }))
      .catch((thrown: unknown) => tell({ kind: 'failed', message: toError(thrown).message }))
      .finally(() => port.close());
  });
  tell({ kind: 'ready', fsyncs: countFsyncsOfOneCommit(engine) });
} catch (thrown) {
  tell({ kind: 'failed', message: toError(thrown).message });
  port.close();
}
