import { type ChildProcess, fork } from 'node:child_process';
import { FatalError, FleetError, RecoverableError, toError } from '../../../protocols/errors.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { type FromChild, fromChildSchema, type ToChild } from './child/messages.ts';
import { readWhole } from './content.ts';
import type { ReleaseFetch } from './source.ts';

/** How long one walk may take; over a slow line all metadata is a few hundred kilobytes. */
const deadlineMs = 180_000;

/**
 * Brings the copy of the metadata in `folder` up to date with what `fetch` yields. What is in the folder after an error is of
 * no use. Throws RecoverableError `release-source-failed` (nothing was said against the metadata) | `release-storage-failed`,
 * FatalError `release-metadata-refused` (replayed, frozen, mixed, changed or signed by too few), and the reason of `signal`.
 */
export async function walkMetadata(
  folder: string,
  fetch: ReleaseFetch,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  using deadline = clock.deadline(deadlineMs, signal);
  const child = fork(new URL('./child/main.ts', import.meta.url), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {},
    execArgv: ['--max-old-space-size=160'],
  });
  try {
    await conversation(child, folder, fetch, deadline.signal);
  } finally {
    await ended(child);
  }
}

function conversation(child: ChildProcess, folder: string, fetch: ReleaseFetch, signal: AbortSignal): Promise<void> {
  /** Why a source failed, which tells more than what the walk makes of it. */
  let sourceFault: Error | undefined;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const send = (message: ToChild) => child.connected && child.send(message, () => {});
  const serve = async ({ id, name, maxLength }: Extract<FromChild, { kind: 'fetch' }>): Promise<void> => {
    try {
      send({ kind: 'content', id, bytes: await readWhole(fetch, `metadata/${name}`, maxLength, signal) });
    } catch (thrown) {
      const error = toError(thrown);
      const isAbsent = error instanceof FleetError && error.code === 'release-not-found';
      if (!isAbsent) sourceFault = error;
      send({ kind: isAbsent ? 'absent' : 'failed', id, message: error.message });
    }
  };
  child.on('message', (value) => {
    const parsed = fromChildSchema.safeParse(value);
    if (!parsed.success) reject(new FatalError('release-metadata-refused', 'the walk asked for what is no metadata'));
    else if (parsed.data.kind === 'fetch') void serve(parsed.data);
    else if (parsed.data.kind === 'done') resolve();
    else reject(refusalOf(parsed.data, sourceFault));
  });
  child.once('error', (error) => reject(new RecoverableError('release-source-failed', error.message)));
  child.once('exit', () =>
    reject(new RecoverableError('release-source-failed', 'the walk of release metadata was cut off')),
  );
  signal.addEventListener('abort', () => reject(toError(signal.reason)), { once: true });
  send({ kind: 'start', folder });
  return promise;
}

function refusalOf({ name, message }: Extract<FromChild, { kind: 'refused' }>, sourceFault: Error | undefined): Error {
  if (sourceFault instanceof FatalError) return sourceFault;
  if (sourceFault)
    return new RecoverableError('release-source-failed', `release metadata cannot be fetched: ${sourceFault.message}`, {
      cause: sourceFault,
    });
  if (name === 'PersistError' || /ENOSPC|EIO|EROFS|EDQUOT/.test(message))
    return new RecoverableError(
      'release-storage-failed',
      `release metadata cannot be stored: ${message}; free some space`,
    );
  return new FatalError(
    'release-metadata-refused',
    `release metadata is not taken, what was there before stays: ${name}: ${message}`,
    { details: { reason: name } },
  );
}

/** Ends the process and waits until it is gone, so that nothing writes into the folder any more. */
function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
