import { isIPv4 } from 'node:net';
import { decodeDatagram, maxDatagramBytes, searchDatagram } from '../../../protocols/pjlink/datagram.ts';
import { pjlinkPort } from '../../../protocols/pjlink/line.ts';
import type { DiscoveryContext, Proposal, UdpSocket } from '../driver.ts';
import { DeviceError } from '../error.ts';
import { Conversation } from './conversation.ts';
import { type Facts, family } from './mapping.ts';
import { Reader } from './reading.ts';

/** The whole search; answers that take longer come with the next one. */
const limitMs = 55_000;
/** Projectors answer a search within 10 s; the standard says to listen for 30. */
const listenMs = 30_000;
const repeats = 2;
const repeatMs = 1_000;
const connectTimeoutMs = 1_500;
const answerTimeoutMs = 3_000;
const parallelProbes = 16;
/** More answers than a school has projectors are an attack; the rest is ignored. */
const maxFound = 256;

/** An address that answered a search, and the Mac address that it claims. */
type Found = ReadonlyMap<string, string>;

interface Candidate {
  readonly host: string;
  readonly port: number;
  /** Only what the sender of a datagram claims. */
  readonly mac?: string | undefined;
}

/**
 * Asks the local network by UDP (class 2) and the allowed targets by TCP. Only a device that greets as PJLink on TCP is
 * proposed: a datagram can be forged, so it is no more than a hint to look at the address that it came from. Nothing is
 * sent on a TCP connection before the greeting.
 */
export async function* discoverProjectors(context: DiscoveryContext): AsyncGenerator<Proposal> {
  using deadline = context.clock.deadline(limitMs, context.signal);
  const stop = new AbortController();
  const signal = AbortSignal.any([deadline.signal, stop.signal]);
  const searching = search(context, signal);
  try {
    const targets = context.targets.map(({ host, port = pjlinkPort }) => ({ host, port }));
    const proposed = new Set<string>();
    // What answered on TCP is held until the search is over, so that it is proposed once, under its Mac address.
    const byTarget = await probeAll(context, targets, signal);
    const found = await searching;
    for (const { candidate, proposal } of byTarget) {
      const mac = found.get(candidate.host);
      proposed.add(candidate.host);
      yield mac === undefined ? proposal : withMac(proposal, mac);
    }
    const others = [...found].map(([host, mac]) => ({ host, port: pjlinkPort, mac }));
    const fresh = others.filter(({ host }) => !proposed.has(host));
    for (const { proposal } of await probeAll(context, fresh, signal)) yield proposal;
  } finally {
    stop.abort();
    await searching;
  }
}

/** Searches by UDP until its time is over; gives what answered, by the address that really sent it. */
async function search(context: DiscoveryContext, signal: AbortSignal): Promise<Found> {
  const found = new Map<string, string>();
  const hosts = [...(context.broadcast ? ['255.255.255.255'] : []), ...context.targets.map(({ host }) => host)];
  const questions = hosts.filter((host) => isIPv4(host));
  if (questions.length === 0) return found;
  using deadline = context.clock.deadline(listenMs, signal);
  try {
    await using socket = await openSearchSocket(context);
    const asking = ask(context, socket, questions, deadline.signal);
    try {
      await collect(context, socket, found, deadline.signal);
    } finally {
      await asking;
    }
  } catch (thrown) {
    if (!deadline.signal.aborted) context.log.warn('projector search failed', { error: thrown });
  }
  return found;
}

/** Answers go to port 4352 of who asked; where another program has it, some still answer to the port that asked. */
async function openSearchSocket({ udp, log, broadcast }: DiscoveryContext): Promise<UdpSocket> {
  const options = { broadcast, maxBytes: maxDatagramBytes };
  try {
    return await udp.open({ ...options, port: pjlinkPort, shared: true });
  } catch (thrown) {
    log.info('projector search has no port of its own', { port: pjlinkPort, error: thrown });
    return await udp.open(options);
  }
}

async function ask(
  { clock, log, targets }: DiscoveryContext,
  socket: UdpSocket,
  hosts: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const portOf = new Map(targets.map(({ host, port }) => [host, port ?? pjlinkPort]));
  for (let round = 0; round < repeats && !signal.aborted; round++) {
    for (const host of hosts) {
      try {
        await socket.send(searchDatagram, { host, port: portOf.get(host) ?? pjlinkPort });
      } catch (thrown) {
        log.debug('projector search not sent', { host, error: thrown });
      }
    }
    await clock.wait(repeatMs, signal).catch(() => undefined);
  }
}

async function collect(
  { log }: DiscoveryContext,
  socket: UdpSocket,
  found: Map<string, string>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const { bytes, from } = await socket.receive(signal);
    try {
      const datagram = decodeDatagram(bytes);
      const isDevice = datagram.kind === 'found' || datagram.kind === 'link-up';
      if (isDevice && found.size < maxFound && !found.has(from.host)) found.set(from.host, datagram.mac);
    } catch (thrown) {
      log.debug('datagram on the projector port is none of a projector', { from: from.host, error: thrown });
    }
  }
}

async function probeAll(
  context: DiscoveryContext,
  candidates: readonly Candidate[],
  signal: AbortSignal,
): Promise<readonly { candidate: Candidate; proposal: Proposal }[]> {
  const left = [...candidates];
  const proposals: { candidate: Candidate; proposal: Proposal }[] = [];
  const worker = async () => {
    for (let candidate = left.shift(); candidate && !signal.aborted; candidate = left.shift()) {
      const proposal = await probe(context, candidate, signal);
      if (proposal) proposals.push({ candidate, proposal });
    }
  };
  await Promise.all(Array.from({ length: parallelProbes }, worker));
  return proposals;
}

async function probe(
  context: DiscoveryContext,
  candidate: Candidate,
  signal: AbortSignal,
): Promise<Proposal | undefined> {
  const { tcp, clock, log } = context;
  try {
    const { conversation } = await Conversation.open({
      address: candidate,
      password: undefined,
      allowUnauthenticated: true,
      digest: 'md5',
      tcp,
      clock,
      log,
      signal,
      connectTimeoutMs,
      answerTimeoutMs,
    });
    await using _ = conversation;
    return propose(candidate, await new Reader(log).readFacts(conversation));
  } catch (thrown) {
    if (thrown instanceof DeviceError && thrown.code === 'authentication') return propose(candidate, undefined);
    log.debug('no projector here', { host: candidate.host, port: candidate.port, error: thrown });
    return undefined;
  }
}

function propose({ host, port, mac }: Candidate, facts: Facts | undefined): Proposal {
  const greeting = facts ? 'asks for no password' : 'asks for a password';
  const proposal: Proposal = {
    key: `${host}:${port}`,
    family,
    address: { host, port },
    ...(facts?.name ? { name: facts.name } : {}),
    ...(facts?.maker ? { vendor: facts.maker } : {}),
    ...(facts?.model ? { model: facts.model } : {}),
    ...(facts?.serial ? { serial: facts.serial } : {}),
    needsCredentials: facts === undefined,
    evidence: [
      `${host} greets as PJLink on TCP port ${port} and ${greeting}`,
      ...(facts ? [`speaks PJLink class ${facts.class}`] : []),
    ],
  };
  return mac === undefined ? proposal : withMac(proposal, mac);
}

function withMac(proposal: Proposal, mac: string): Proposal {
  return {
    ...proposal,
    key: mac,
    macs: [mac],
    evidence: [
      ...proposal.evidence,
      `answered the PJLink search from this address and says that its Mac address is ${mac}`,
    ],
  };
}
