import { FatalError } from '../../../protocols/errors.ts';
import { rootPath } from '../../../protocols/redfish/link.ts';
import { parseServiceRoot, type ServiceRoot } from '../../../protocols/redfish/service.ts';
import type { Proposal, RecognitionContext, SightingOf } from '../driver.ts';
import { toDeviceError } from '../error.ts';
import { family } from './mapping.ts';
import { RedfishClient } from './redfish/redfish-client.ts';

/** What a Redfish service answers to when it is searched for (DSP0266 section 14.3). */
export const redfishTarget = 'urn:dmtf-org:service:redfish-rest:1';
export const redfishPort = 443;

const askMs = 8_000;
const parallel = 6;

interface Place {
  readonly host: string;
  readonly port: number;
  readonly scheme: 'https' | 'http';
  readonly evidence: readonly string[];
}

interface Root {
  readonly root: ServiceRoot;
  /** Of a certificate that nobody vouches for. */
  readonly fingerprint?: string;
}

/** Reads the service root, which needs no sign-in, of what answered the search and of what has the port of https open. */
export async function* recogniseControllers(context: RecognitionContext): AsyncGenerator<Proposal> {
  const places = new Map<string, Place>();
  for (const sighting of context.sightings) {
    const place =
      sighting.kind === 'root-device' ? searched(sighting) : sighting.kind === 'open-port' ? open(sighting) : undefined;
    const key = place && `${place.host}:${place.port}`;
    if (place && key && !places.has(key)) places.set(key, place);
  }
  const all = [...places.values()];
  for (let at = 0; at < all.length; at += parallel) {
    const proposals = await Promise.all(all.slice(at, at + parallel).map((place) => propose(place, context)));
    yield* proposals.flatMap((proposal) => proposal ?? []);
  }
}

/** Only the sender's own address is asked, whatever it says of itself. */
function searched({ host, types, location }: SightingOf<'root-device'>): Place | undefined {
  if (!types.some((type) => type.toLowerCase().startsWith(redfishTarget))) return undefined;
  const url = URL.parse(location ?? '');
  const isOwn = url?.hostname === host && (url.protocol === 'https:' || url.protocol === 'http:');
  const scheme = isOwn && url.protocol === 'http:' ? 'http' : 'https';
  const usual = scheme === 'https' ? redfishPort : 80;
  const port = isOwn && url.port !== '' ? Number(url.port) : usual;
  return { host, port, scheme, evidence: [`${host} answers the search for Redfish services`] };
}

function open({ host, port }: SightingOf<'open-port'>): Place | undefined {
  return port === redfishPort ? { host, port, scheme: 'https', evidence: [] } : undefined;
}

async function propose(place: Place, context: RecognitionContext): Promise<Proposal | undefined> {
  const { host, port, scheme, evidence } = place;
  const found = await readRoot(place, context);
  // A search can be answered by anybody; without a service root it is a claim.
  if (!found && evidence.length === 0) return undefined;
  const { vendor, product } = found?.root ?? {};
  const fingerprint = found?.fingerprint;
  const settings = {
    ...(scheme === 'http' ? { plainHttp: true } : {}),
    ...(fingerprint === undefined ? {} : { pinnedCertificate: fingerprint }),
  };
  return {
    key: `${host}:${port}`,
    family,
    address: { host, port },
    ...(product ? { name: product.slice(0, 200), model: product.slice(0, 200) } : {}),
    ...(vendor ? { vendor: vendor.slice(0, 200) } : {}),
    needsCredentials: true,
    confidence: found ? 'certain' : 'likely',
    ...(Object.keys(settings).length > 0 ? { settings } : {}),
    evidence: [
      ...evidence,
      ...(found ? [`${host} has a Redfish service root on port ${port}`] : ['it does not show its service root']),
      ...(fingerprint === undefined ? [] : [`nobody vouches for its certificate; compare its SHA-256: ${fingerprint}`]),
      ...(scheme === 'http' ? ['it speaks without TLS: whoever listens reads the password'] : []),
    ],
  };
}

async function readRoot(place: Place, context: RecognitionContext, pin?: string): Promise<Root | undefined> {
  const { host, port, scheme } = place;
  using deadline = context.clock.deadline(askMs, context.signal);
  const origin = `${scheme}://${host}:${port}`;
  await using client = new RedfishClient(context, { origin, credentials: undefined, pinnedCertificate: pin });
  try {
    const root = parseServiceRoot(await client.get(rootPath, deadline.signal, true));
    // Whatever is JSON passes; a service has systems, chassis or managers.
    if (!root.systems && !root.chassis && !root.managers) return undefined;
    return { root, ...(pin === undefined ? {} : { fingerprint: pin }) };
  } catch (thrown) {
    context.signal.throwIfAborted();
    const fingerprint = pin === undefined ? fingerprintOf(thrown) : undefined;
    if (fingerprint !== undefined) return await readRoot(place, context, fingerprint);
    context.log.debug('no service root here', { host, reason: String(toDeviceError(thrown, 'read the service root')) });
    return undefined;
  }
}

/** Of a certificate that was refused before a byte was sent: who it is may be asked all the same, but never signed in to. */
function fingerprintOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof FatalError) || thrown.code !== 'certificate-not-trusted') return undefined;
  const { fingerprint } = thrown.details;
  return typeof fingerprint === 'string' && fingerprint !== '' ? fingerprint : undefined;
}
