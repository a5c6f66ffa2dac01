import { randomUUID } from 'node:crypto';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { getDeviceInformation } from '../../../protocols/onvif/device.ts';
import {
  buildProbe,
  discoveryAddress,
  type ProbeMatch,
  parseProbeMatches,
  readScopes,
} from '../../../protocols/onvif/discovery.ts';
import type { Datagram, DiscoveryContext, Proposal, UdpSocket } from '../driver.ts';
import { deviceServicePath, type Location, relocate } from './address.ts';
import { OnvifClient } from './client.ts';
import { printable } from './failure.ts';

/** One camera that answered, and from where it really did. */
interface Sighting {
  readonly match: ProbeMatch;
  readonly host: string;
  readonly location: Location;
  readonly evidence: readonly string[];
}

type Answer = { readonly hasPassword: true } | { readonly hasPassword: false; readonly proposal: Partial<Proposal> };

/** Probes are sent twice, as datagrams get lost [WS-Discovery 2005/04 section 2.4]. */
const rounds = 2;
const roundMs = 500;
const listenMs = 4_000;
/** Beyond these the network is lying. */
const maxDatagramBytes = 16 * 1024;
const maxDatagrams = 4_096;
const maxSightings = 1_024;
/** Lines from the search itself; a proposal has room for 16. */
const maxEvidence = 8;
/** Cameras are asked who they are in groups, until the time is over. */
const groupSize = 8;
const identifyMs = 3_000;
const identifyAllMs = 30_000;

/** Looks for cameras with WS-Discovery: by multicast where it is allowed, and at each target directly. */
export async function* discoverCameras(context: DiscoveryContext): AsyncGenerator<Proposal> {
  const sightings = await listen(context);
  using deadline = context.clock.deadline(identifyAllMs, context.signal);
  for (let at = 0; at < sightings.length; at += groupSize) {
    const group = sightings.slice(at, at + groupSize);
    yield* await Promise.all(group.map((sighting) => propose(context, sighting, deadline.signal)));
  }
}

/** Sends the probes and keeps what truly answers them, one sighting for each endpoint. */
async function listen(context: DiscoveryContext): Promise<readonly Sighting[]> {
  await using socket = await context.udp.open({ broadcast: context.broadcast, maxBytes: maxDatagramBytes });
  using deadline = context.clock.deadline(listenMs, context.signal);
  const asked = new Set<string>();
  const found = new Map<string, Sighting>();
  const probing = probe(context, socket, asked, deadline.signal);
  try {
    for (let count = 0; count < maxDatagrams && found.size < maxSightings; count += 1) {
      const datagram = await socket.receive(deadline.signal);
      for (const sighting of readDatagram(datagram, asked, context)) {
        const { endpoint } = sighting.match;
        found.set(endpoint, withWitness(found.get(endpoint) ?? sighting, sighting.host));
      }
    }
  } catch (thrown) {
    context.signal.throwIfAborted();
    if (!deadline.signal.aborted) throw thrown;
  } finally {
    await probing;
  }
  return [...found.values()];
}

async function probe(
  context: DiscoveryContext,
  socket: UdpSocket,
  asked: Set<string>,
  signal: AbortSignal,
): Promise<void> {
  const unicast = context.targets.flatMap(({ host, port }) =>
    // A port in the policy is that of the device's service; probes belong to 3702. Both are tried, for devices behind one address.
    port === undefined || port === discoveryAddress.port
      ? [{ host, port: discoveryAddress.port }]
      : [
          { host, port },
          { host, port: discoveryAddress.port },
        ],
  );
  const targets = [...(context.broadcast ? [discoveryAddress] : []), ...unicast];
  for (let round = 0; round < rounds && !signal.aborted; round += 1) {
    for (const target of targets) {
      const uuid = randomUUID();
      asked.add(uuid);
      try {
        await socket.send(new TextEncoder().encode(buildProbe(`urn:uuid:${uuid}`)), target);
      } catch (thrown) {
        // One address that cannot be reached, or is not allowed, does not end the search.
        context.log.debug('probe not sent', { host: target.host, port: target.port, reason: String(thrown) });
      }
    }
    await context.clock.wait(roundMs, signal).catch(() => undefined);
  }
}

/** Everything in a datagram is a claim, but for who sent it and that it names a question of ours. */
function readDatagram(datagram: Datagram, asked: ReadonlySet<string>, context: DiscoveryContext): readonly Sighting[] {
  const { host } = datagram.from;
  try {
    const answer = parseProbeMatches(datagram.bytes);
    // Only the UUID counts: some cameras drop the prefix of the message that they answer.
    if (!asked.has(answer.relatesTo?.slice(-36).toLowerCase() ?? '')) {
      context.log.debug('probe match answers no question of ours', { host });
      return [];
    }
    return answer.matches.map((match) => locateSighting(match, host));
  } catch (thrown) {
    if (!(thrown instanceof ProtocolError)) throw thrown;
    context.log.debug('datagram is no probe match', { host, reason: thrown.message });
    return [];
  }
}

function locateSighting(match: ProbeMatch, host: string): Sighting {
  const claims = match.addresses.flatMap((address) => URL.parse(address) ?? []);
  const own = claims.find((url) => url.protocol === 'http:' && url.hostname === host);
  const claim = own ?? claims.find((url) => url.protocol === 'http:');
  const origin = { scheme: 'http', host, port: 80 } as const;
  const location = relocate(claim?.href ?? '', origin) ?? { port: origin.port, path: deviceServicePath };
  const foreign = own || !claim ? [] : [`it names ${claim.host} as its address; only the sender's is used`];
  return {
    match,
    host,
    location,
    evidence: [`WS-Discovery answer from ${host}`, `endpoint ${match.endpoint}`, ...foreign],
  };
}

/** A second sender for one endpoint is a camera with two addresses, or an impostor: the person who decides must see it. */
function withWitness(sighting: Sighting, host: string): Sighting {
  const witness = `the same endpoint answered from ${host}`;
  const isKnown = sighting.host === host || sighting.evidence.includes(witness);
  if (isKnown || sighting.evidence.length >= maxEvidence) return sighting;
  return { ...sighting, evidence: [...sighting.evidence, witness] };
}

async function propose(context: DiscoveryContext, sighting: Sighting, signal: AbortSignal): Promise<Proposal> {
  const { match, host, location } = sighting;
  const scopes = readScopes(match.scopes);
  const name = printable(scopes.name ?? scopes.hardware ?? '', 200);
  const answer = await identify(context, sighting, signal);
  const where = scopes.location === undefined ? [] : [`location ${scopes.location}`];
  const open = answer.hasPassword ? [] : ['it answers without a password'];
  const endpoint = printable(match.endpoint, 201);
  return {
    key: endpoint !== '' && endpoint.length <= 200 ? endpoint : `${host}:${location.port}`,
    family: 'onvif-camera',
    address: { host, port: location.port },
    ...(name === '' ? {} : { name }),
    ...(scopes.hardware === undefined ? {} : { model: printable(scopes.hardware, 200) }),
    ...(scopes.mac === undefined ? {} : { macs: [scopes.mac] }),
    ...(answer.hasPassword ? {} : answer.proposal),
    needsCredentials: answer.hasPassword,
    evidence: [...sighting.evidence, ...where, ...open].map((line) => printable(line, 300)),
  };
}

/** Asks without credentials who it is: a camera that answers that to anybody should not stay so. */
async function identify(context: DiscoveryContext, sighting: Sighting, signal: AbortSignal): Promise<Answer> {
  const client = new OnvifClient(context, {
    origin: { scheme: 'http', host: sighting.host, port: sighting.location.port },
    credentials: undefined,
    timeoutMs: identifyMs,
    allowPlainPassword: false,
    pinnedCertificate: undefined,
  });
  try {
    const { manufacturer, model, serialNumber } = await client.call(sighting.location, getDeviceInformation(), {
      signal,
      isAnonymous: true,
    });
    const text = (value: string | undefined) => printable(value ?? '', 200);
    return {
      hasPassword: false,
      proposal: {
        ...(text(manufacturer) === '' ? {} : { vendor: text(manufacturer) }),
        ...(text(model) === '' ? {} : { model: text(model) }),
        ...(text(serialNumber) === '' ? {} : { serial: text(serialNumber) }),
      },
    };
  } catch (thrown) {
    context.signal.throwIfAborted();
    context.log.debug('camera does not tell who it is', { host: sighting.host, reason: String(thrown) });
    return { hasPassword: true };
  }
}
