import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { FatalError } from '../../protocols/errors.ts';
import type { Clock } from '../../protocols/ports.ts';
import { InvalidInputError } from '../access/index.ts';

/** Most answers kept in memory, and for how long; past the number the oldest goes. */
const limits = { answers: 5_000, keptMs: 600_000 } as const;

interface Kept {
  readonly bodyHash: string;
  readonly untilMs: number;
  readonly answer: Promise<unknown>;
}

/**
 * Gives a repeated request the answer of the first one, so that a client whose connection broke may ask again without
 * acting twice. In the memory of this hub: it covers a retry within minutes, not a restart.
 */
export class IdempotentAnswers {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs `work`, or answers as it did for the same person, route and `Idempotency-Key`; a failure is not kept.
   * Throws FatalError `idempotency-key-reused` when the key came with another body.
   */
  once<T>(request: FastifyRequest, actorId: string, work: () => Promise<T>): Promise<T> {
    const header = request.headers['idempotency-key'];
    if (header === undefined) return work();
    if (typeof header !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(header))
      throw new InvalidInputError('Idempotency-Key', 'The key has 1 to 200 visible ASCII characters.');
    const key = `${actorId} ${request.method} ${request.url} ${header}`;
    const bodyHash = createHash('sha256')
      .update(JSON.stringify(request.body ?? null))
      .digest('base64url');
    const known = this.#kept.get(key);
    if (known && this.#clock.mono() < known.untilMs) {
      if (known.bodyHash !== bodyHash)
        throw new FatalError('idempotency-key-reused', 'This Idempotency-Key came before with another body.');
      // The key holds actor, method and address, so what is kept came from this very handler.
      return known.answer as Promise<T>;
    }
    return this.#keep(key, bodyHash, work());
  }

  #keep<T>(key: string, bodyHash: string, answer: Promise<T>): Promise<T> {
    this.#kept.delete(key);
    const kept: Kept = { bodyHash, untilMs: this.#clock.mono() + limits.keptMs, answer };
    this.#kept.set(key, kept);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > limits.answers && !oldest.done) this.#kept.delete(oldest.value);
    answer.catch(() => {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
    });
    return answer;
  }
}
