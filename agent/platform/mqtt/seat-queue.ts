import { FatalError } from '../../../protocols/errors.ts';
import { Arrivals } from '../arrivals.ts';
import type { BrokerMessage } from '../broker.ts';
import type { LocalBrokerLimits } from './limits.ts';

/** What waits for the reader of one seat: first what was retained, then what came; bounded, oldest out. */
export class SeatQueue {
  readonly #limits: Pick<LocalBrokerLimits, 'seatMessages' | 'seatBytes'>;
  readonly #retained: BrokerMessage[];
  readonly #arrivals = new Arrivals<BrokerMessage>();
  #bytes = 0;
  #dropped = 0;

  /** `retained` is bounded by who keeps it. */
  constructor(limits: Pick<LocalBrokerLimits, 'seatMessages' | 'seatBytes'>, retained: readonly BrokerMessage[]) {
    this.#limits = limits;
    this.#retained = [...retained];
  }

  get dropped(): number {
    return this.#dropped;
  }

  push(message: BrokerMessage): void {
    if (this.#arrivals.ended) return;
    this.#arrivals.push(message);
    this.#bytes += message.payload.length;
    const isOver = () =>
      this.#arrivals.size > this.#limits.seatMessages ||
      (this.#bytes > this.#limits.seatBytes && this.#arrivals.size > 1);
    while (isOver()) {
      this.#bytes -= this.#arrivals.takeOldest()?.payload.length ?? 0;
      this.#dropped++;
    }
  }

  /** Throws FatalError `seat-closed` after the end, or the signal's reason. */
  async next(signal?: AbortSignal): Promise<BrokerMessage> {
    signal?.throwIfAborted();
    const retained = this.#arrivals.ended ? undefined : this.#retained.shift();
    if (retained) return retained;
    const message = await this.#arrivals.next(signal);
    if (!message) throw closed();
    this.#bytes -= message.payload.length;
    return message;
  }

  end(): void {
    this.#arrivals.end(closed());
  }
}

function closed(): FatalError {
  return new FatalError('seat-closed', 'the seat at the local broker is given up');
}
