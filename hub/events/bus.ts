import type { LiveEvent } from '../../protocols/api/live.ts';
import type { Log } from '../../protocols/ports.ts';

/** A live event and where in the organisation it belongs, so that only those in scope hear it. */
export interface BusEvent {
  readonly event: LiveEvent;
  /** Path of the unit, `/1/7/`; undefined for what concerns the whole province. */
  readonly unitPath: string | undefined;
}

export interface Bus {
  publish(event: LiveEvent, unitPath: string | undefined): void;
  /** Calls back for every event until disposed. A listener must not wait: it hands over and returns. */
  subscribe(listener: (event: BusEvent) => void): Disposable;
  readonly listeners: number;
}

/** In-process delivery, in order. A listener that throws is logged and does not stop the others. */
export function createBus(log: Log): Bus {
  const listeners = new Set<(event: BusEvent) => void>();
  return {
    publish: (event, unitPath) => {
      for (const listener of listeners) {
        try {
          listener({ event, unitPath });
        } catch (error) {
          log.error('live event listener failed', { error, type: event.type });
        }
      }
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    get listeners() {
      return listeners.size;
    },
  };
}
