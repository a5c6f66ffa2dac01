/** What comes in from a socket, kept until someone asks for it. The owner bounds it: it looks at `size` before it pushes. */
export class Arrivals<T> {
  readonly #waiting: T[] = [];
  readonly #wakes = new Set<() => void>();
  #end: { readonly error: Error | undefined } | undefined;

  /** Items that nobody has taken yet. */
  get size(): number {
    return this.#waiting.length;
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  push(item: T): void {
    if (this.#end) return;
    this.#waiting.push(item);
    this.#wake();
  }

  /** Takes the oldest item out without waiting, for an owner whose bound is passed. */
  takeOldest(): T | undefined {
    return this.#waiting.shift();
  }

  /** Nothing more comes. What already came can still be taken; after that `next` throws `error`, or yields undefined. */
  end(error?: Error): void {
    this.#end ??= { error };
    this.#wake();
  }

  /** The oldest item, or undefined after the end. Throws the signal's reason, or the error that ended it. */
  async next(signal?: AbortSignal): Promise<T | undefined> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#waiting.length > 0) return this.#waiting.shift();
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return undefined;
      await this.#change(signal);
    }
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#wakes.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.#wakes.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  #wake(): void {
    for (const wake of [...this.#wakes]) wake();
  }
}
