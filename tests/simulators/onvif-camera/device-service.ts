import type { Camera } from './camera.ts';
import { envelope, escapeText } from './soap.ts';
import { oldSystemCapabilities } from './upkeep/system-service.ts';

type Answer = (camera: Camera) => string;

/** Operations that need no credentials [ONVIF Core 5.9.4.3, access class PRE_AUTH]. */
export const anonymousOperations = new Set([
  'tds:GetSystemDateAndTime',
  'tds:GetServices',
  'tds:GetServiceCapabilities',
  'tds:GetCapabilities',
  'tds:GetHostname',
]);

export function scopesOf(camera: Camera): readonly string[] {
  const { name, hardware, mac, location } = camera.identity;
  const prefix = 'onvif://www.onvif.org';
  return [
    `${prefix}/type/video_encoder`,
    `${prefix}/Profile/Streaming`,
    ...(camera.traits.hasMedia2 ? [`${prefix}/Profile/T`] : []),
    ...(camera.traits.hasPtz ? [`${prefix}/type/ptz`] : []),
    `${prefix}/hardware/${encodeURIComponent(camera.identity.model)}`,
    `${prefix}/name/${encodeURIComponent(name)}`,
    `${prefix}/location/${encodeURIComponent(location)}`,
    `${prefix}/MAC/${mac}`,
    `${prefix}/version/${encodeURIComponent(hardware)}`,
  ];
}

export function serviceUrl(
  camera: Camera,
  service: 'device' | 'media' | 'media2' | 'ptz' | 'events' | 'imaging' | 'deviceio' | 'security',
): string {
  return service === 'device' ? `${camera.baseUrl}/onvif/device_service` : `${camera.baseUrl}/onvif/${service}_service`;
}

const hasContacts = ({ senses }: Camera) => senses.relays.length + senses.inputs.length > 0;

export const deviceService: Readonly<Record<string, Answer>> = {
  'tds:GetDeviceInformation': ({ identity, firmware }) =>
    envelope(
      `<tds:GetDeviceInformationResponse><tds:Manufacturer>${escapeText(identity.vendor)}</tds:Manufacturer><tds:Model>${escapeText(identity.model)}</tds:Model><tds:FirmwareVersion>${escapeText(firmware)}</tds:FirmwareVersion><tds:SerialNumber>${identity.serial}</tds:SerialNumber><tds:HardwareId>${identity.hardware}</tds:HardwareId></tds:GetDeviceInformationResponse>`,
    ),
  'tds:GetServices': (camera) => {
    const service = (namespace: string, url: string) =>
      `<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${escapeText(url)}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>`;
    const { hasMedia2, hasPtz, hasEvents, hasImaging } = camera.traits;
    const services = [
      service('http://www.onvif.org/ver10/device/wsdl', serviceUrl(camera, 'device')),
      service('http://www.onvif.org/ver10/media/wsdl', serviceUrl(camera, 'media')),
      hasMedia2 ? service('http://www.onvif.org/ver20/media/wsdl', serviceUrl(camera, 'media2')) : '',
      hasPtz ? service('http://www.onvif.org/ver20/ptz/wsdl', serviceUrl(camera, 'ptz')) : '',
      hasEvents ? service('http://www.onvif.org/ver10/events/wsdl', serviceUrl(camera, 'events')) : '',
      hasImaging ? service('http://www.onvif.org/ver20/imaging/wsdl', serviceUrl(camera, 'imaging')) : '',
      hasContacts(camera) ? service('http://www.onvif.org/ver10/deviceIO/wsdl', serviceUrl(camera, 'deviceio')) : '',
      camera.upkeep.options.hasKeystore
        ? service('http://www.onvif.org/ver10/advancedsecurity/wsdl', serviceUrl(camera, 'security'))
        : '',
    ];
    return envelope(`<tds:GetServicesResponse>${services.join('')}</tds:GetServicesResponse>`);
  },
  'tds:GetCapabilities': (camera) => {
    const { hasPtz, hasEvents, hasImaging } = camera.traits;
    const url = (service: Parameters<typeof serviceUrl>[1]) =>
      `<tt:XAddr>${escapeText(serviceUrl(camera, service))}</tt:XAddr>`;
    const events = `<tt:Events>${url('events')}<tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport><tt:WSPullPointSupport>true</tt:WSPullPointSupport><tt:WSPausableSubscriptionManagerInterfaceSupport>false</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>`;
    const media = `<tt:Media>${url('media')}<tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>`;
    const imaging = `<tt:Imaging>${url('imaging')}</tt:Imaging>`;
    const { relays } = camera.senses;
    const contacts = `<tt:Extension><tt:DeviceIO>${url('deviceio')}<tt:VideoSources>1</tt:VideoSources><tt:VideoOutputs>0</tt:VideoOutputs><tt:AudioSources>0</tt:AudioSources><tt:AudioOutputs>0</tt:AudioOutputs><tt:RelayOutputs>${relays.length}</tt:RelayOutputs></tt:DeviceIO></tt:Extension>`;
    const ptz = `<tt:PTZ>${url('ptz')}</tt:PTZ>`;
    return envelope(
      `<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device>${url('device')}${oldSystemCapabilities(camera)}</tt:Device>${hasEvents ? events : ''}${hasImaging ? imaging : ''}${media}${hasPtz ? ptz : ''}${hasContacts(camera) ? contacts : ''}</tds:Capabilities></tds:GetCapabilitiesResponse>`,
    );
  },
  'tds:GetScopes': (camera) => {
    const scopes = scopesOf(camera).map(
      (scope) =>
        `<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>${escapeText(scope)}</tt:ScopeItem></tds:Scopes>`,
    );
    return envelope(`<tds:GetScopesResponse>${scopes.join('')}</tds:GetScopesResponse>`);
  },
};
