import type { Clock, Log } from '../../protocols/ports.ts';
import { type DialObserver, type Resolve, systemResolve } from './dial.ts';
import { createHttpPort } from './http.ts';
import type { Network } from './network.ts';
import { createAddressFilter, type NetworkPolicy } from './network-policy.ts';
import { createTcpPort } from './tcp.ts';
import { createUdpPort } from './udp.ts';
import { createWebSocketPort } from './websocket.ts';

export interface NetworkOptions {
  readonly policy: NetworkPolicy;
  readonly clock: Clock;
  readonly log: Log;
  /** The machine's resolver unless given. */
  readonly resolve?: Resolve;
  /** Told what happens below each connection. */
  readonly observe?: DialObserver;
}

/** The network as drivers see it: only what the local policy allows. Throws FatalError `invalid-policy`. */
export function createNetwork(options: NetworkOptions): Network {
  const filter = createAddressFilter(options.policy);
  const resolve = options.resolve ?? systemResolve;
  const { hub: _, ...rules } = options.policy;
  options.log.debug('network policy in force', { ...rules });
  return {
    tcp: createTcpPort(filter, resolve, options.clock, options.observe),
    udp: createUdpPort(filter),
    http: createHttpPort(filter, resolve, options.clock, options.observe),
    websocket: createWebSocketPort(filter, resolve, options.clock, options.observe),
  };
}
