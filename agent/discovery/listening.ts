import { ProtocolError } from '../../protocols/bytes/error.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Address, Datagram, UdpPort } from '../devices/driver.ts';

export interface AskOptions {
  readonly udp: UdpPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly broadcast: boolean;
}

export interface Question {
  readonly to: Address;
  readonly bytes: Uint8Array;
}

/** Datagrams get lost, so each question is put twice. */
const rounds = 2;
const roundMs = 600;
/** Beyond these the network is lying. */
const maxDatagrams = 4_096;
const maxSenders = 1_024;
const maxPerSender = 64;

/**
 * Puts questions by UDP and reads what comes until the time is over: the meanings by the address that truly sent them. What
 * is no answer is passed over. Throws RecoverableError when there is no socket, or the signal's reason.
 */
export async function askEverybody<T>(
  questions: readonly Question[],
  {
    listenMs,
    maxBytes,
    read,
  }: { readonly listenMs: number; readonly maxBytes: number; readonly read: (datagram: Datagram) => T },
  { udp, clock, log, signal, broadcast }: AskOptions,
): Promise<ReadonlyMap<string, readonly T[]>> {
  const heard = new Map<string, T[]>();
  if (questions.length === 0) return heard;
  await using socket = await udp.open({ broadcast, maxBytes });
  using deadline = clock.deadline(listenMs, signal);
  const asking = async () => {
    for (let round = 0; round < rounds && !deadline.signal.aborted; round++) {
      for (const { to, bytes } of questions) {
        // One address that cannot be reached, or is not allowed, does not end the search.
        await socket.send(bytes, to).catch((thrown: unknown) => {
          log.debug('question not sent', { host: to.host, port: to.port, reason: String(thrown) });
        });
      }
      await clock.wait(roundMs, deadline.signal).catch(() => undefined);
    }
  };
  const asked = asking();
  try {
    for (let count = 0; count < maxDatagrams; count++) {
      const datagram = await socket.receive(deadline.signal);
      const { host } = datagram.from;
      const before = heard.get(host) ?? [];
      if (before.length >= maxPerSender || (before.length === 0 && heard.size >= maxSenders)) continue;
      const meaning = meaningOf(datagram, read, log);
      if (meaning !== undefined) heard.set(host, [...before, meaning]);
    }
  } catch (thrown) {
    signal.throwIfAborted();
    if (!deadline.signal.aborted) throw thrown;
  } finally {
    await asked;
  }
  return heard;
}

function meaningOf<T>(datagram: Datagram, read: (datagram: Datagram) => T, log: Log): T | undefined {
  try {
    return read(datagram);
  } catch (thrown) {
    if (!(thrown instanceof ProtocolError)) throw thrown;
    log.debug('datagram answers no question of ours', { host: datagram.from.host, reason: thrown.message });
    return undefined;
  }
}
