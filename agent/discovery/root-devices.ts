import { toError } from '../../protocols/errors.ts';
import { type DeviceDescription, maxDescriptionBytes, parseDescription } from '../../protocols/ssdp/description.ts';
import {
  decodeAnswer,
  encodeSearch,
  maxAnswerBytes,
  type SearchAnswer,
  ssdpAddress,
} from '../../protocols/ssdp/message.ts';
import type { DiscoveryContext, HttpPort, SightingOf } from '../devices/driver.ts';
import { placesOf } from './announcements.ts';
import { type AskOptions, askEverybody } from './listening.ts';

/** Answers are spread over this time; the rest is for the network. */
const waitSeconds = 2;
const listenMs = 4_000;
const everything = 'ssdp:all';
const describeMs = 3_000;
const describeAllMs = 20_000;
const groupSize = 8;
const maxDescriptions = 128;
const maxTypes = 32;

type RootDevice = SightingOf<'root-device'>;

/**
 * Searches by SSDP, and reads the descriptions that lie at the very address that answered: a location elsewhere is a claim
 * that would make the agent ask somebody else.
 */
export async function searchRootDevices(
  searchTargets: readonly string[],
  targets: DiscoveryContext['targets'],
  options: AskOptions & { readonly http: HttpPort },
): Promise<readonly RootDevice[]> {
  const places = placesOf(targets, ssdpAddress, options.broadcast);
  const questions = [everything, ...searchTargets].flatMap((target) =>
    places.map((to) => ({ to, bytes: encodeSearch(target, waitSeconds, to.host) })),
  );
  const read = ({ bytes }: { readonly bytes: Uint8Array }) => decodeAnswer(bytes);
  const heard = await askEverybody(questions, { listenMs, maxBytes: maxAnswerBytes, read }, options);
  const devices = [...heard].flatMap(([host, answers]) => join(host, answers));
  using deadline = options.clock.deadline(describeAllMs, options.signal);
  const described: RootDevice[] = devices.slice(maxDescriptions);
  for (let at = 0; at < Math.min(devices.length, maxDescriptions); at += groupSize) {
    const group = devices.slice(at, Math.min(at + groupSize, maxDescriptions));
    described.push(...(await Promise.all(group.map((device) => describe(device, options, deadline.signal)))));
  }
  return described;
}

/** The answers of one address, by the device that they name. */
function join(host: string, answers: readonly SearchAnswer[]): readonly RootDevice[] {
  const devices = new Map<string, RootDevice>();
  for (const { usn, target, location, server } of answers) {
    const id = usn.split('::')[0]?.slice(0, 200) ?? '';
    const before = devices.get(id);
    const types = [...new Set([...(before?.types ?? []), target])].slice(0, maxTypes);
    devices.set(id, {
      kind: 'root-device',
      host,
      id,
      types,
      location: before?.location ?? location,
      server: before?.server ?? server,
      ...nameless,
    });
  }
  return [...devices.values()];
}

const nameless = { name: undefined, vendor: undefined, model: undefined, serial: undefined } as const;

async function describe(
  device: RootDevice,
  { http, log, signal }: { readonly http: HttpPort } & Pick<AskOptions, 'log' | 'signal'>,
  limit: AbortSignal,
): Promise<RootDevice> {
  const url = URL.parse(device.location ?? '');
  if (url?.protocol !== 'http:' || url.hostname !== device.host || url.username !== '' || limit.aborted) return device;
  try {
    const response = await http.request({
      method: 'GET',
      url: url.href,
      timeoutMs: describeMs,
      maxBytes: maxDescriptionBytes,
      signal: limit,
    });
    return response.status === 200 ? { ...device, ...factsOf(parseDescription(response.body)) } : device;
  } catch (thrown) {
    signal.throwIfAborted();
    log.debug('device does not describe itself', { host: device.host, reason: toError(thrown).message });
    return device;
  }
}

function factsOf(description: DeviceDescription): Pick<RootDevice, 'name' | 'vendor' | 'model' | 'serial'> {
  const { friendlyName, manufacturer, modelName, modelNumber, serialNumber } = description;
  return { name: friendlyName, vendor: manufacturer, model: modelName ?? modelNumber, serial: serialNumber };
}
