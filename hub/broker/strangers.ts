import type { Socket } from 'node:net';
import type { BrokerLimits } from './settings.ts';

/** Sockets that are not yet an agent's session, counted by address and in all. */
export interface Strangers {
  /** False when there is no place for another one of this address. */
  enter(socket: Socket, address: string): boolean;
  leave(socket: Socket): void;
  /** As `leave`, for the TLS socket over a counted one: they share address and port. */
  leaveByAddress(socket: Socket): void;
}

export function createStrangers(limits: Pick<BrokerLimits, 'strangers' | 'strangersPerAddress'>): Strangers {
  const addresses = new Map<string, string>();
  const counts = new Map<string, number>();
  const keys = new WeakMap<Socket, string>();

  const remove = (key: string | undefined) => {
    const address = key === undefined ? undefined : addresses.get(key);
    if (key === undefined || address === undefined) return;
    addresses.delete(key);
    const left = (counts.get(address) ?? 1) - 1;
    if (left <= 0) counts.delete(address);
    else counts.set(address, left);
  };

  return {
    enter: (socket, address) => {
      const count = counts.get(address) ?? 0;
      if (count >= limits.strangersPerAddress || addresses.size >= limits.strangers) return false;
      const key = keyOf(socket);
      keys.set(socket, key);
      addresses.set(key, address);
      counts.set(address, count + 1);
      return true;
    },
    leave: (socket) => remove(keys.get(socket)),
    leaveByAddress: (socket) => remove(keyOf(socket)),
  };
}

function keyOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`;
}
