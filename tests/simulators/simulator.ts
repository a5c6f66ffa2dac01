import type { Address } from '../../agent/platform/network.ts';

/**
 * The ways in which a device on a school network goes wrong. A simulator knows all of them, for as long as one is set:
 * `silence` takes connections and bytes and never answers; `garbage` answers bytes that are not its protocol;
 * `half-frame` answers the first half of a true answer and then nothing; `hang-up` closes as soon as it is asked;
 * `slow` answers truly after 2 s of the simulator's clock; `wrong-password` refuses every credential;
 * `busy` says by its own protocol that it cannot now; `reboot` is not there at all: the port is closed.
 */
export type Fault = 'silence' | 'garbage' | 'half-frame' | 'hang-up' | 'slow' | 'wrong-password' | 'busy' | 'reboot';

/** A device made of software that speaks the true wire on loopback. */
export interface Simulator extends AsyncDisposable {
  /** Where it listens: 127.0.0.1 and an ephemeral port, which stays the same over a `reboot`. */
  readonly address: Address;
  /** Sets or clears the fault; also drops the connections that stand when the fault is `reboot`. Resolves when it holds. */
  setFault(fault: Fault | undefined): Promise<void>;
}
