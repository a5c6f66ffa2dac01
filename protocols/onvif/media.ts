import { namespaces } from './namespaces.ts';
import { requireText, type SoapOperation } from './soap.ts';
import { parseCount, parseNumber } from './values.ts';
import { attribute, child, childrenNamed, textAt, type XmlElement } from './xml.ts';
import { type XmlMarkup, xml } from './xml-markup.ts';

/** Media 1 is Profile S; Media 2 is Profile T, with H.265 and without the Media 1 limits. */
export type MediaVersion = 1 | 2;

/** One media profile: a picture that can be had, and how it is made. */
export interface MediaProfile {
  readonly token: string;
  readonly name: string;
  /** Codec as the device names it: `JPEG`, `H264`, `H265`. */
  readonly encoding: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** Limit of the frame rate, per second. */
  readonly framesPerSecond: number | undefined;
  readonly bitrateKbps: number | undefined;
  /** The sensor or input that the picture comes from. */
  readonly videoSource: string | undefined;
  /** Whether pan, tilt and zoom are attached to this profile. */
  readonly hasPtz: boolean;
}

/** Most profiles that are read from one answer. */
const maxProfiles = 32;

/** All media profiles with their configurations [ONVIF Media 5.2.2; ONVIF Media 2 5.2.1]. */
export function getProfiles(version: MediaVersion): SoapOperation<readonly MediaProfile[]> {
  const content = version === 2 ? xml`<m:Type>All</m:Type>` : undefined;
  return mediaOperation(version, 'GetProfiles', content, (answer) =>
    childrenNamed(answer, 'Profiles')
      .slice(0, maxProfiles)
      .flatMap((profile) => readProfile(version, profile) ?? []),
  );
}

/** Where a JPEG of the profile can be fetched by HTTP GET [ONVIF Media 5.10.3; ONVIF Media 2 5.3.2]. */
export function getSnapshotUri(version: MediaVersion, profile: string): SoapOperation<string> {
  const content = xml`<m:ProfileToken>${profile}</m:ProfileToken>`;
  return mediaOperation(version, 'GetSnapshotUri', content, (answer) => readUri(version, answer));
}

/** Where the stream of the profile can be played over RTSP with UDP unicast [ONVIF Media 5.10.1; ONVIF Media 2 5.3.1]. */
export function getStreamUri(version: MediaVersion, profile: string): SoapOperation<string> {
  const setup = xml`<m:StreamSetup><tt:Stream xmlns:tt="${namespaces.tt}">RTP-Unicast</tt:Stream><tt:Transport xmlns:tt="${namespaces.tt}"><tt:Protocol>RTSP</tt:Protocol></tt:Transport></m:StreamSetup>`;
  const content = xml`${version === 2 ? xml`<m:Protocol>RTSP</m:Protocol>` : setup}<m:ProfileToken>${profile}</m:ProfileToken>`;
  return mediaOperation(version, 'GetStreamUri', content, (answer) => readUri(version, answer));
}

function mediaOperation<Result>(
  version: MediaVersion,
  name: string,
  content: XmlMarkup | undefined,
  read: (answer: XmlElement) => Result,
): SoapOperation<Result> {
  const namespace = version === 2 ? namespaces.tr2 : namespaces.trt;
  const tag = { markup: name };
  return {
    action: `${namespace}/${name}`,
    body: xml`<m:${tag} xmlns:m="${namespace}">${content}</m:${tag}>`,
    answer: { namespace, name: `${name}Response` },
    read,
  };
}

function readUri(version: MediaVersion, answer: XmlElement): string {
  return version === 2 ? requireText(answer, 'Uri') : requireText(answer, 'MediaUri', 'Uri');
}

function readProfile(version: MediaVersion, profile: XmlElement): MediaProfile | undefined {
  const token = attribute(profile, 'token');
  if (token === undefined || token === '') return undefined;
  const configurations = version === 2 ? child(profile, 'Configurations') : profile;
  const suffix = version === 2 ? '' : 'Configuration';
  const encoder = child(configurations, `VideoEncoder${suffix}`);
  return {
    token,
    name: textAt(profile, 'Name') ?? token,
    encoding: textAt(encoder, 'Encoding'),
    width: parseCount(textAt(encoder, 'Resolution', 'Width')),
    height: parseCount(textAt(encoder, 'Resolution', 'Height')),
    framesPerSecond: parsePositive(textAt(encoder, 'RateControl', 'FrameRateLimit')),
    bitrateKbps: parsePositive(textAt(encoder, 'RateControl', 'BitrateLimit')),
    videoSource: textAt(configurations, `VideoSource${suffix}`, 'SourceToken'),
    hasPtz: child(configurations, `PTZ${suffix}`) !== undefined,
  };
}

function parsePositive(text: string | undefined): number | undefined {
  const number = parseNumber(text);
  return number !== undefined && number >= 0 ? number : undefined;
}
