import type { ListedDevice } from '../../../protocols/adb/readings.ts';
import { adbServerPort } from '../../../protocols/adb/smart-socket.ts';
import type { DiscoveryContext, Proposal, RecognitionContext, SightingOf } from '../driver.ts';
import { AdbClient } from './client.ts';
import { family } from './mapping.ts';

/** What Android announces while it may be debugged: behind pairing, or plainly on a port of its own. */
export const debuggingServices = ['_adb-tls-connect._tcp', '_adb._tcp'];

/** The adb server of this machine, where a session looks for it too unless its settings say otherwise. */
const server = { host: '127.0.0.1', port: adbServerPort };
/** Models of Meta, Pico, HTC and Lenovo; every other Android device may be a phone. */
const headsetModels = /quest|oculus|pico|^A8\w{3}$|vive|mirage/i;

/** Proposes what the adb server lists; it is asked only where the network policy allows this machine itself. */
export async function* findListedHeadsets(context: DiscoveryContext): AsyncGenerator<Proposal> {
  const client = new AdbClient({ server, tcp: context.tcp, clock: context.clock });
  let listed: readonly ListedDevice[];
  try {
    listed = await client.devices(context.signal);
  } catch (thrown) {
    context.signal.throwIfAborted();
    context.log.debug('no adb server that may be asked', { reason: String(thrown) });
    return;
  }
  for (const device of listed) yield proposeListed(device);
}

function proposeListed({ serial, state, model }: ListedDevice): Proposal {
  const [, host, port] = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})$/.exec(serial) ?? [];
  const isHeadset = model !== undefined && headsetModels.test(model);
  const place =
    host === undefined
      ? { address: { host: server.host }, settings: { serial }, serial }
      : { address: { host, port: Number(port) } };
  return {
    key: `adb:${serial}`,
    family,
    ...place,
    ...(model === undefined ? {} : { name: model.replaceAll('_', ' '), model: model.replaceAll('_', ' ') }),
    needsCredentials: false,
    confidence: isHeadset ? 'certain' : 'possible',
    evidence: [
      `the adb server of this machine lists ${serial} as ${state}`,
      ...(isHeadset || model === undefined ? [] : [`model ${model}: an Android device, perhaps no headset`]),
      ...(state === 'unauthorized' ? ['a person must allow this machine in the headset'] : []),
    ],
  };
}

/** Android devices that announce debugging; whether it is a headset only a person can see. */
export async function* recogniseHeadsets({ sightings }: RecognitionContext): AsyncGenerator<Proposal> {
  for (const sighting of sightings) {
    if (sighting.kind === 'service' && debuggingServices.includes(sighting.type)) yield proposeAnnounced(sighting);
  }
}

function proposeAnnounced({ host, port, type, instance }: SightingOf<'service'>): Proposal {
  const isPaired = type === debuggingServices[0];
  return {
    key: `${host}:${port ?? type}`,
    family,
    address: { host, ...(port === undefined || isPaired ? {} : { port }) },
    needsCredentials: false,
    confidence: 'possible',
    evidence: [
      `${host} announces ${instance} as ${type}: an Android device that may be debugged`,
      ...(isPaired ? ['wireless debugging changes its port; turn on adb over TCP for a headset that stays'] : []),
    ],
  };
}
