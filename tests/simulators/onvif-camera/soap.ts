import { parseXml, type XmlElement } from '../../../protocols/onvif/xml.ts';

/** One request as a service sees it. */
export interface ServiceRequest {
  readonly path: string;
  readonly header: XmlElement | undefined;
  /** The element that names the operation, with its content. */
  readonly operation: XmlElement;
  /** What was attached to it, by content id. */
  readonly attachments: ReadonlyMap<string, Buffer>;
  /** `prefix:Name` by the prefixes of ONVIF's specifications. */
  readonly name: string;
}

/** A fault that a service answers with. */
export class Fault extends Error {
  readonly status: number;
  readonly code: 'Sender' | 'Receiver';
  readonly subcodes: readonly string[];
  readonly detail: string;

  constructor(status: number, code: 'Sender' | 'Receiver', subcodes: readonly string[], reason: string, detail = '') {
    super(reason);
    this.status = status;
    this.code = code;
    this.subcodes = subcodes;
    this.detail = detail;
  }
}

/** The simulator's own table, so that a slip in the product's table is seen. */
const prefixes: Readonly<Record<string, string>> = {
  s: 'http://www.w3.org/2003/05/soap-envelope',
  wsa: 'http://www.w3.org/2005/08/addressing',
  wsnt: 'http://docs.oasis-open.org/wsn/b-2',
  tds: 'http://www.onvif.org/ver10/device/wsdl',
  trt: 'http://www.onvif.org/ver10/media/wsdl',
  tr2: 'http://www.onvif.org/ver20/media/wsdl',
  tptz: 'http://www.onvif.org/ver20/ptz/wsdl',
  timg: 'http://www.onvif.org/ver20/imaging/wsdl',
  tmd: 'http://www.onvif.org/ver10/deviceIO/wsdl',
  wstop: 'http://docs.oasis-open.org/wsn/t-1',
  tev: 'http://www.onvif.org/ver10/events/wsdl',
  tas: 'http://www.onvif.org/ver10/advancedsecurity/wsdl',
  tt: 'http://www.onvif.org/ver10/schema',
  tns1: 'http://www.onvif.org/ver10/topics',
  ter: 'http://www.onvif.org/ver10/error',
  'wsrf-rw': 'http://docs.oasis-open.org/wsrf/rw-2',
};

const declarations = Object.entries(prefixes)
  .map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`)
  .join('');

export function escapeText(text: string | number | boolean): string {
  return String(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export function envelope(body: string, header = ''): string {
  const head = header === '' ? '' : `<s:Header>${header}</s:Header>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope${declarations}>${head}<s:Body>${body}</s:Body></s:Envelope>`;
}

export function faultEnvelope(fault: Fault): string {
  const subcode = fault.subcodes.reduceRight(
    (inner, code) => `<s:Subcode><s:Value>${code}</s:Value>${inner}</s:Subcode>`,
    '',
  );
  const detail = fault.detail === '' ? '' : `<s:Detail>${fault.detail}</s:Detail>`;
  return envelope(
    `<s:Fault><s:Code><s:Value>s:${fault.code}</s:Value>${subcode}</s:Code><s:Reason><s:Text xml:lang="en">${escapeText(
      fault.message,
    )}</s:Text></s:Reason>${detail}</s:Fault>`,
  );
}

/** Header of an answer of the event service [ONVIF Core 9]. */
export function addressing(action: string, request: ServiceRequest): string {
  const messageId = textIn(request.header, 'MessageID');
  const relatesTo = messageId === '' ? '' : `<wsa:RelatesTo>${escapeText(messageId)}</wsa:RelatesTo>`;
  return `<wsa:Action>${action}</wsa:Action>${relatesTo}`;
}

export function parseRequest(
  path: string,
  bytes: Uint8Array,
  attachments: ServiceRequest['attachments'] = new Map(),
): ServiceRequest {
  const root = parseXml(bytes);
  const header = root.children.find((element) => element.name === 'Header');
  const operation = root.children.find((element) => element.name === 'Body')?.children[0];
  if (root.name !== 'Envelope' || !operation) throw new Fault(400, 'Sender', ['ter:WellFormed'], 'No operation');
  const prefix = Object.entries(prefixes).find(([, uri]) => uri === operation.namespace)?.[0] ?? '';
  return { path, header, operation, attachments, name: `${prefix}:${operation.name}` };
}

/** Text of the first element with this local name anywhere below `element`; empty when there is none. */
export function textIn(element: XmlElement | undefined, name: string): string {
  return findIn(element, name)?.text.trim() ?? '';
}

export function findIn(element: XmlElement | undefined, name: string): XmlElement | undefined {
  for (const candidate of element?.children ?? []) {
    const found = candidate.name === name ? candidate : findIn(candidate, name);
    if (found) return found;
  }
  return undefined;
}

export function attributeOf(element: XmlElement | undefined, name: string): string | undefined {
  return element?.attributes.find((candidate) => candidate.name === name)?.value;
}

/** xs:duration in hours, minutes and seconds, as milliseconds; undefined when it is something else. */
export function durationOf(text: string): number | undefined {
  const match = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/.exec(text);
  if (!match) return undefined;
  return (Number(match[1] ?? 0) * 3_600 + Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0)) * 1_000;
}
