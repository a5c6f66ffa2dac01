import { setImmediate } from 'node:timers/promises';
import { RecoverableError, toError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';

export interface QueueLimits {
  /** Messages and bytes that may wait or be on their way to the database. Beyond, the newest is refused. */
  readonly waitingMessages: number;
  readonly waitingBytes: number;
  /** The same for one agent. */
  readonly waitingOfAgent: number;
  /** Most messages of one transaction. */
  readonly batchMessages: number;
}

export interface QueueDeps<Item, Answer> {
  /** Turns a message into what is stored; one after the other, in order of arrival. */
  readonly read: (agentId: string, message: Item) => Promise<Item>;
  /** Stores a batch durably and answers each message; an Error in place of an answer rejects that one alone. */
  readonly store: (batch: readonly Item[]) => Promise<readonly (Answer | Error)[]>;
  readonly limits: QueueLimits;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Queue<Item, Answer> extends AsyncDisposable {
  /**
   * Resolves when the message is durable. Rejects with RecoverableError `ingest-busy` when too much waits, and with what
   * `store` threw, as RecoverableError.
   */
  put(agentId: string, bytes: number, message: Item): Promise<Answer>;
  readonly waiting: number;
  readonly waitingBytes: number;
}

/** After so much reading at a stretch the event loop gets its turn. */
const stretchMs = 5;

interface Waiting<Item, Answer> {
  readonly agentId: string;
  readonly bytes: number;
  readonly message: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Group commit: one queue and one writer, so order of arrival is order of storing. While one transaction commits, the next
 * batch is gathered and read: it grows by itself when the database is slow, and a lone message waits for nobody.
 */
export function createQueue<Item, Answer>(deps: QueueDeps<Item, Answer>): Queue<Item, Answer> {
  type One = Waiting<Item, Answer>;
  const { limits, clock, log } = deps;
  const intake: One[] = [];
  const ofAgent = new Map<string, number>();
  let held = 0;
  let heldBytes = 0;
  let closing = false;
  let pumping: { readonly done: Promise<void> } | undefined;
  let committing: { readonly done: Promise<void> } | undefined;
  let arrived = () => {};

  const release = (one: One) => {
    held--;
    heldBytes -= one.bytes;
    const left = (ofAgent.get(one.agentId) ?? 1) - 1;
    if (left > 0) ofAgent.set(one.agentId, left);
    else ofAgent.delete(one.agentId);
  };
  const commit = async (batch: readonly One[]) => {
    try {
      const answers = await deps.store(batch.map(({ message }) => message));
      for (const [index, one] of batch.entries()) {
        const answer = answers[index] as Answer | Error;
        if (answer instanceof Error) one.reject(recoverable(answer));
        else one.resolve(answer);
      }
    } catch (thrown) {
      const error = toError(thrown);
      if (!(error instanceof RecoverableError)) log.error('a batch could not be stored', { error });
      for (const one of batch) one.reject(recoverable(error));
    } finally {
      for (const one of batch) release(one);
      committing = undefined;
    }
  };
  /** Moves what waits into the batch. */
  const gather = async (batch: One[]) => {
    let since = clock.mono();
    while (batch.length < limits.batchMessages) {
      const next = intake.shift();
      if (!next) return;
      try {
        batch.push({ ...next, message: await deps.read(next.agentId, next.message) });
      } catch (thrown) {
        release(next);
        next.reject(recoverable(toError(thrown)));
      }
      if (clock.mono() - since < stretchMs) continue;
      await setImmediate();
      since = clock.mono();
      if (!committing) return;
    }
  };
  const arrivalOrCommit = async (current: { readonly done: Promise<void> }) => {
    if (intake.length > 0) return;
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    await Promise.race([current.done, arrival]);
  };
  const pump = async () => {
    while (intake.length > 0) {
      const batch: One[] = [];
      await gather(batch);
      while (committing && batch.length < limits.batchMessages) {
        await arrivalOrCommit(committing);
        await gather(batch);
      }
      await committing?.done;
      if (batch.length > 0) committing = { done: commit(batch) };
      if (intake.length === 0) await arrivalOrCommit(committing ?? { done: Promise.resolve() });
    }
    await committing?.done;
  };
  const start = () => {
    pumping ??= {
      done: pump().finally(() => {
        pumping = undefined;
        // What came between the last look and here.
        if (intake.length > 0) start();
      }),
    };
  };

  return {
    put: (agentId, bytes, message) => {
      const own = ofAgent.get(agentId) ?? 0;
      const full = own >= limits.waitingOfAgent || held >= limits.waitingMessages || heldBytes >= limits.waitingBytes;
      if (closing || full) {
        const why = closing ? 'the hub is closing' : 'too much waits to be stored';
        return Promise.reject(new RecoverableError('ingest-busy', why));
      }
      ofAgent.set(agentId, own + 1);
      held++;
      heldBytes += bytes;
      return new Promise((resolve, reject) => {
        intake.push({ agentId, bytes, message, resolve, reject });
        arrived();
        start();
      });
    },
    get waiting() {
      return held;
    },
    get waitingBytes() {
      return heldBytes;
    },
    [Symbol.asyncDispose]: async () => {
      closing = true;
      while (pumping) await pumping.done;
    },
  };
}

/** Whatever went wrong inside: to the agent it means "keep it and send it again". */
function recoverable(error: Error): RecoverableError {
  if (error instanceof RecoverableError) return error;
  return new RecoverableError('ingest-failed', `not stored: ${error.message}`, { cause: error });
}
