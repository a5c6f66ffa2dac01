import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { parseXml } from '../../../protocols/onvif/xml.ts';
import type { Camera } from './camera.ts';
import { scopesOf, serviceUrl } from './device-service.ts';
import { escapeText, textIn } from './soap.ts';

export interface DiscoveryOptions {
  readonly host: string;
  readonly port: number;
  /** Joins the group of WS-Discovery on this interface address and listens on all addresses of the port. */
  readonly multicastInterface?: string;
  /** Whether the camera is there at all. */
  readonly isAwake: () => boolean;
}

const group = '239.255.255.250';
const addressing = 'http://schemas.xmlsoap.org/ws/2004/08/addressing';
const discovery = 'http://schemas.xmlsoap.org/ws/2005/04/discovery';

/** Answers probes for network video transmitters and devices (WS-Discovery 2005/04), like a camera does. */
export async function startDiscovery(camera: Camera, options: DiscoveryOptions): Promise<AsyncDisposable> {
  const socket = createSocket({ type: 'udp4', reuseAddr: options.multicastInterface !== undefined });
  socket.on('message', (bytes, from) => {
    const answer = options.isAwake() ? answerProbe(camera, bytes) : undefined;
    if (answer !== undefined) socket.send(answer, from.port, from.address);
  });
  socket.bind(options.port, options.multicastInterface === undefined ? options.host : undefined);
  await once(socket, 'listening');
  if (options.multicastInterface !== undefined) socket.addMembership(group, options.multicastInterface);
  return { [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())) };
}

function answerProbe(camera: Camera, bytes: Uint8Array): string | undefined {
  try {
    const probe = parseXml(bytes);
    const isProbe = textIn(probe, 'Action') === `${discovery}/Probe`;
    const types = textIn(probe, 'Types');
    if (!isProbe || !(types === '' || /(^|[\s:])(NetworkVideoTransmitter|Device)(\s|$)/.test(types))) return undefined;
    return probeMatches(camera, textIn(probe, 'MessageID'));
  } catch {
    // What is no probe gets no answer, as with any device.
    return undefined;
  }
}

function probeMatches(camera: Camera, relatesTo: string): string {
  const { endpoint } = camera.identity;
  const header = `<wsa:MessageID>urn:uuid:${crypto.randomUUID()}</wsa:MessageID><wsa:RelatesTo>${escapeText(relatesTo)}</wsa:RelatesTo><wsa:To>${addressing}/role/anonymous</wsa:To><wsa:Action>${discovery}/ProbeMatches</wsa:Action><d:AppSequence InstanceId="1" MessageNumber="1"/>`;
  const match = `<d:ProbeMatch><wsa:EndpointReference><wsa:Address>${endpoint}</wsa:Address></wsa:EndpointReference><d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>${escapeText(scopesOf(camera).join(' '))}</d:Scopes><d:XAddrs>${escapeText(serviceUrl(camera, 'device'))}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch>`;
  return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="${addressing}" xmlns:d="${discovery}" xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Header>${header}</s:Header><s:Body><d:ProbeMatches>${match}</d:ProbeMatches></s:Body></s:Envelope>`;
}
