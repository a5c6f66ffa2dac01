import type { Camera, Profile } from './camera.ts';
import { envelope, escapeText, Fault, type ServiceRequest, textIn } from './soap.ts';

type Answer = (camera: Camera, request: ServiceRequest) => string;

const space = 'http://www.onvif.org/ver10/tptz';
const multicast =
  '<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>';

function videoSource(tag: string): string {
  return `<${tag} token="vsc0"><tt:Name>Sensor</tt:Name><tt:UseCount>3</tt:UseCount><tt:SourceToken>vs0</tt:SourceToken><tt:Bounds x="0" y="0" width="1920" height="1080"/></${tag}>`;
}

function ptzConfiguration(tag: string): string {
  return `<${tag} token="ptz0"><tt:Name>Motors</tt:Name><tt:UseCount>3</tt:UseCount><tt:NodeToken>node0</tt:NodeToken><tt:DefaultAbsolutePantTiltPositionSpace>${space}/PanTiltSpaces/PositionGenericSpace</tt:DefaultAbsolutePantTiltPositionSpace><tt:DefaultAbsoluteZoomPositionSpace>${space}/ZoomSpaces/PositionGenericSpace</tt:DefaultAbsoluteZoomPositionSpace><tt:DefaultContinuousPanTiltVelocitySpace>${space}/PanTiltSpaces/VelocityGenericSpace</tt:DefaultContinuousPanTiltVelocitySpace><tt:DefaultContinuousZoomVelocitySpace>${space}/ZoomSpaces/VelocityGenericSpace</tt:DefaultContinuousZoomVelocitySpace><tt:DefaultPTZTimeout>PT10S</tt:DefaultPTZTimeout></${tag}>`;
}

function profile1(
  camera: Camera,
  { token, name, encoding, width, height, framesPerSecond, bitrateKbps }: Profile,
): string {
  const h264 =
    encoding === 'H264'
      ? '<tt:H264><tt:GovLength>50</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>'
      : '';
  const encoder = `<tt:VideoEncoderConfiguration token="vec_${token}"><tt:Name>${escapeText(name)}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>${encoding}</tt:Encoding><tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality><tt:RateControl><tt:FrameRateLimit>${framesPerSecond}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>${bitrateKbps}</tt:BitrateLimit></tt:RateControl>${h264}${multicast}<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration>`;
  const ptz = camera.traits.hasPtz ? ptzConfiguration('tt:PTZConfiguration') : '';
  return `<trt:Profiles token="${token}" fixed="true"><tt:Name>${escapeText(name)}</tt:Name>${videoSource('tt:VideoSourceConfiguration')}${encoder}${ptz}</trt:Profiles>`;
}

function profile2(
  camera: Camera,
  { token, name, encoding, width, height, framesPerSecond, bitrateKbps }: Profile,
): string {
  const encoder = `<tr2:VideoEncoder token="vec_${token}" GovLength="50" Profile="Main"><tt:Name>${escapeText(name)}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>${encoding}</tt:Encoding><tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution><tt:RateControl ConstantBitRate="false"><tt:FrameRateLimit>${framesPerSecond}</tt:FrameRateLimit><tt:BitrateLimit>${bitrateKbps}</tt:BitrateLimit></tt:RateControl><tt:Quality>4</tt:Quality></tr2:VideoEncoder>`;
  const ptz = camera.traits.hasPtz ? ptzConfiguration('tr2:PTZ') : '';
  return `<tr2:Profiles token="${token}" fixed="true"><tr2:Name>${escapeText(name)}</tr2:Name><tr2:Configurations>${videoSource('tr2:VideoSource')}${encoder}${ptz}</tr2:Configurations></tr2:Profiles>`;
}

function profileOf(camera: Camera, request: ServiceRequest): Profile {
  const token = textIn(request.operation, 'ProfileToken');
  const profile = camera.profiles.find((candidate) => candidate.token === token);
  if (!profile) throw new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:NoProfile'], 'The profile does not exist');
  return profile;
}

function streamUri(camera: Camera, { token }: Profile): string {
  return `rtsp://${new URL(camera.baseUrl).hostname}:554/stream/${token}?user=viewer&password=hunter2`;
}

function snapshotUri(camera: Camera, { token }: Profile): string {
  return `${camera.baseUrl}/snapshot/${token}.jpg?size=full`;
}

function mediaUri(name: string, uri: string): string {
  return envelope(
    `<trt:${name}Response><trt:MediaUri><tt:Uri>${escapeText(uri)}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:${name}Response>`,
  );
}

export const mediaService: Readonly<Record<string, Answer>> = {
  'trt:GetProfiles': (camera) =>
    envelope(
      `<trt:GetProfilesResponse>${camera.profiles
        .filter(({ encoding }) => encoding !== 'H265')
        .map((profile) => profile1(camera, profile))
        .join('')}</trt:GetProfilesResponse>`,
    ),
  'tr2:GetProfiles': (camera, request) => {
    const wantsAll = textIn(request.operation, 'Type') === 'All';
    const bare = ({ token, name }: Profile) =>
      `<tr2:Profiles token="${token}"><tr2:Name>${escapeText(name)}</tr2:Name></tr2:Profiles>`;
    const profiles = camera.profiles.map((profile) => (wantsAll ? profile2(camera, profile) : bare(profile)));
    return envelope(`<tr2:GetProfilesResponse>${profiles.join('')}</tr2:GetProfilesResponse>`);
  },
  'trt:GetVideoSources': () =>
    envelope(
      '<trt:GetVideoSourcesResponse><trt:VideoSources token="vs0"><tt:Framerate>25</tt:Framerate><tt:Resolution><tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:Resolution></trt:VideoSources></trt:GetVideoSourcesResponse>',
    ),
  'trt:GetStreamUri': (camera, request) => mediaUri('GetStreamUri', streamUri(camera, profileOf(camera, request))),
  'trt:GetSnapshotUri': (camera, request) =>
    mediaUri('GetSnapshotUri', snapshotUri(camera, profileOf(camera, request))),
  'tr2:GetStreamUri': (camera, request) =>
    envelope(
      `<tr2:GetStreamUriResponse><tr2:Uri>${escapeText(streamUri(camera, profileOf(camera, request)))}</tr2:Uri></tr2:GetStreamUriResponse>`,
    ),
  'tr2:GetSnapshotUri': (camera, request) =>
    envelope(
      `<tr2:GetSnapshotUriResponse><tr2:Uri>${escapeText(snapshotUri(camera, profileOf(camera, request)))}</tr2:Uri></tr2:GetSnapshotUriResponse>`,
    ),
};
