import { llrpPort } from '../../../protocols/llrp/messages.ts';
import type { Address, Proposal, RecognitionContext } from '../driver.ts';
import { DeviceError } from '../error.ts';
import { family, mapIdentity } from './mapping.ts';
import { ReaderConnection } from './reader-connection.ts';
import { readFacts } from './reader-setup.ts';

const keepaliveMs = 10_000;
/** A reader serves one client at a time, so it is left again at once. */
const askMs = 8_000;
const parallel = 4;

/**
 * Connects where the port of readers is open and waits: a reader speaks first, and nothing is sent to what does not greet as
 * one [LLRP 1.0.1 section 18.1]. It is asked who it is, and takes leave in the reader's own words.
 */
export async function* recogniseReaders(context: RecognitionContext): AsyncGenerator<Proposal> {
  const { sightings, targets, clock, signal } = context;
  const open = sightings.flatMap((seen) => (seen.kind === 'open-port' && seen.port === llrpPort ? [seen.host] : []));
  const named = targets.flatMap(({ host, port }) => (port === llrpPort ? [host] : []));
  const hosts = [...new Set([...open, ...named])];
  for (let at = 0; at < hosts.length; at += parallel) {
    const group = hosts.slice(at, at + parallel).map(async (host) => {
      using deadline = clock.deadline(askMs, signal);
      return await ask({ host, port: llrpPort }, context, deadline.signal);
    });
    yield* (await Promise.all(group)).flatMap((proposal) => proposal ?? []);
  }
}

async function ask(
  address: Address,
  { tcp, clock, log, signal: outer }: RecognitionContext,
  signal: AbortSignal,
): Promise<Proposal | undefined> {
  const greeting = `${address.host} greets as an LLRP reader on TCP port ${address.port}`;
  try {
    await using reader = await ReaderConnection.open({ address, tcp, clock, log, signal, keepaliveMs });
    const { vendor, model, serial, macs } = mapIdentity(await readFacts(reader, signal));
    const [mac] = macs ?? [];
    return {
      ...nameless(address, greeting),
      key: mac ?? `${address.host}:${address.port}`,
      vendor,
      model,
      ...(serial === undefined ? {} : { serial }),
      ...(macs === undefined ? {} : { macs }),
    };
  } catch (thrown) {
    outer.throwIfAborted();
    if (thrown instanceof DeviceError && thrown.code === 'busy')
      return nameless(address, greeting, 'another client holds it; it serves one at a time');
    log.debug('no reader here', { host: address.host, reason: String(thrown) });
    return undefined;
  }
}

function nameless(address: Address, ...evidence: string[]): Proposal {
  return {
    key: `${address.host}:${address.port}`,
    family,
    address: { ...address },
    needsCredentials: false,
    confidence: 'certain',
    evidence,
  };
}
