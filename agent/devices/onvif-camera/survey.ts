import {
  getCapabilities,
  getDeviceInformation,
  getHostname,
  getNetworkInterfaces,
  getScopes,
  getServices,
  type ServiceAddresses,
} from '../../../protocols/onvif/device.ts';
import { readScopes } from '../../../protocols/onvif/discovery.ts';
import {
  getProfiles,
  getSnapshotUri,
  getStreamUri,
  type MediaProfile,
  type MediaVersion,
} from '../../../protocols/onvif/media.ts';
import { getPresets } from '../../../protocols/onvif/ptz.ts';
import { type Location, publicStreamUri, relocate } from './address.ts';
import type { OnvifClient } from './client.ts';
import { isRefusal } from './failure.ts';
import { type CameraFacts, pictureProfile } from './mapping.ts';
import { readUpkeep, type UpkeepFacts } from './upkeep/offered.ts';

/** Where the services of one camera are, at the enrolled host. */
export interface CameraServices {
  readonly media: { readonly version: MediaVersion; readonly location: Location } | undefined;
  readonly ptz: { readonly profile: string; readonly location: Location } | undefined;
  readonly events: Location | undefined;
  readonly imaging: Location | undefined;
  readonly deviceIo: Location | undefined;
  readonly analytics: Location | undefined;
  readonly security: Location | undefined;
}

export interface Survey {
  readonly facts: CameraFacts;
  readonly services: CameraServices;
  readonly upkeep: UpkeepFacts;
}

/** Stream addresses are asked for this many profiles; each costs a round trip. */
const maxStreamUris = 8;
/** Profiles and presets whose token is longer could not be commanded through the contract. */
const maxTokenLength = 80;

/** Answers of a camera that may leave out what it does not have; a broken connection still ends the survey. */
export async function optional<Result>(question: Promise<Result>): Promise<Result | undefined> {
  try {
    return await question;
  } catch (thrown) {
    if (isRefusal(thrown)) return undefined;
    throw thrown;
  }
}

/**
 * Asks a camera for everything that seldom changes. Its identity is asked first: that answer proves our credentials,
 * and a later refusal means that this account may not see the rest. Throws DeviceError.
 */
export async function surveyCamera(
  client: OnvifClient,
  password: string | undefined,
  signal: AbortSignal,
): Promise<Survey> {
  const { deviceService } = client;
  const ask = { signal };
  const information = await client.call(deviceService, getDeviceInformation(), ask);
  const addresses = await findServices(client, signal);
  const interfaces = (await optional(client.call(deviceService, getNetworkInterfaces(), ask))) ?? [];
  const media = await surveyMedia(client, addresses, signal);
  const ptz = await surveyPtz(client, addresses, media.profiles, signal);
  const upkeep = await readUpkeep(client, signal);
  return {
    upkeep,
    services: {
      media: media.service,
      ptz: ptz.service,
      events: locate(client, addresses.events),
      imaging: locate(client, addresses.imaging),
      deviceIo: locate(client, addresses.deviceIo),
      analytics: locate(client, addresses.analytics),
      security: locate(client, addresses.security),
    },
    facts: {
      information,
      name: await findName(client, signal),
      macs: [...new Set(interfaces.flatMap(({ mac }) => mac ?? []))].slice(0, 32),
      profiles: media.profiles,
      streamUris: await findStreams(client, media, password, signal),
      hasSnapshot: await hasSnapshot(client, media, signal),
      presets: ptz.presets,
      hasPtz: ptz.service !== undefined,
      hasEvents: addresses.events !== undefined,
      ...(upkeep.upgrades === undefined ? {} : { isUpdatable: upkeep.upgrades.length > 0 }),
    },
  };
}

async function findServices(client: OnvifClient, signal: AbortSignal): Promise<ServiceAddresses> {
  const services = await optional(client.call(client.deviceService, getServices(), { signal }));
  if (services && Object.keys(services).length > 0) return services;
  return (await optional(client.call(client.deviceService, getCapabilities(), { signal }))) ?? {};
}

function locate(client: OnvifClient, advertised: string | undefined): Location | undefined {
  return advertised === undefined ? undefined : relocate(advertised, client.origin);
}

/** A name that a person gave it is in the scopes; the host name is the next best. */
async function findName(client: OnvifClient, signal: AbortSignal): Promise<string | undefined> {
  const scopes = (await optional(client.call(client.deviceService, getScopes(), { signal }))) ?? [];
  return readScopes(scopes).name ?? (await optional(client.call(client.deviceService, getHostname(), { signal })));
}

interface MediaSurvey {
  readonly service: CameraServices['media'];
  readonly profiles: readonly MediaProfile[];
}

/** Media 2 knows H.265; where a camera only claims it, Media 1 is asked. */
async function surveyMedia(
  client: OnvifClient,
  addresses: ServiceAddresses,
  signal: AbortSignal,
): Promise<MediaSurvey> {
  const candidates = [
    { version: 2, location: locate(client, addresses.media2) },
    { version: 1, location: locate(client, addresses.media) },
  ] as const;
  for (const { version, location } of candidates) {
    if (!location) continue;
    const profiles = await optional(client.call(location, getProfiles(version), { signal }));
    const usable = profiles?.filter(({ token }) => token.length <= maxTokenLength) ?? [];
    if (usable.length > 0) return { service: { version, location }, profiles: usable };
  }
  return { service: undefined, profiles: [] };
}

async function findStreams(
  client: OnvifClient,
  { service, profiles }: MediaSurvey,
  password: string | undefined,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  if (!service) return found;
  for (const { token } of profiles.slice(0, maxStreamUris)) {
    const advertised = await optional(client.call(service.location, getStreamUri(service.version, token), { signal }));
    const uri = publicStreamUri(advertised ?? '', client.origin.host, password);
    if (uri !== undefined) found.set(token, uri);
  }
  return found;
}

async function hasSnapshot(
  client: OnvifClient,
  { service, profiles }: MediaSurvey,
  signal: AbortSignal,
): Promise<boolean> {
  const token = pictureProfile(profiles)?.token;
  if (!service || token === undefined) return false;
  const uri = await optional(client.call(service.location, getSnapshotUri(service.version, token), { signal }));
  return locate(client, uri) !== undefined;
}

async function surveyPtz(
  client: OnvifClient,
  addresses: ServiceAddresses,
  profiles: readonly MediaProfile[],
  signal: AbortSignal,
): Promise<{ readonly service: CameraServices['ptz']; readonly presets: CameraFacts['presets'] }> {
  const location = locate(client, addresses.ptz);
  const profile = profiles.find(({ hasPtz }) => hasPtz)?.token;
  // A dome without motors still announces the service; only a profile with movement attached can be moved.
  if (!location || profile === undefined) return { service: undefined, presets: [] };
  const presets = (await optional(client.call(location, getPresets(profile), { signal }))) ?? [];
  const usable = presets.filter(({ token }) => token.length <= maxTokenLength);
  return { service: { profile, location }, presets: usable };
}
