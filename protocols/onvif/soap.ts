import { ProtocolError } from '../bytes/error.ts';
import { namespaces } from './namespaces.ts';
import { child, childrenNamed, maxMessageBytes, parseXml, textAt, type XmlElement } from './xml.ts';
import { type XmlMarkup, xml } from './xml-markup.ts';

/** One question that a service answers: what is sent, and how the answer is read. */
export interface SoapOperation<Result> {
  /** Value of the `action` parameter of the content type, and of wsa:Action where addressing is used. */
  readonly action: string;
  /** The single element inside the SOAP body, with its own namespace declarations. */
  readonly body: XmlMarkup;
  /** Namespace and local name of the element that answers it. */
  readonly answer: { readonly namespace: string; readonly name: string };
  /** Reads the answering element. Throws ProtocolError. */
  read(answer: XmlElement): Result;
}

/**
 * A SOAP 1.2 fault. `code` and `subcodes` are local names, outermost first: ONVIF puts what happened into the subcodes
 * [ONVIF Core 5.8.2.2], for example `Sender`, `['NotAuthorized']`.
 */
export interface SoapFault {
  readonly code: string;
  readonly subcodes: readonly string[];
  /** Text for people as the device wrote it; hostile like everything else that a device says. */
  readonly reason: string;
  /** Local names of the elements in the fault's detail, where WS-BaseFaults puts its kind. */
  readonly details: readonly string[];
}

export type SoapReply =
  | { readonly kind: 'answer'; readonly header: XmlElement | undefined; readonly body: XmlElement }
  | { readonly kind: 'fault'; readonly fault: SoapFault };

/** A fault never has more levels than this; the rest is not read. */
const maxSubcodes = 8;

/** The content type of a SOAP 1.2 request [SOAP 1.2 part 2, appendix A]. */
export function soapContentType(action: string): string {
  return `application/soap+xml; charset=utf-8; action="${action}"`;
}

/** Writes a SOAP 1.2 envelope. Without header blocks the header is left out. */
export function buildEnvelope(body: XmlMarkup, headers: readonly XmlMarkup[] = []): string {
  const header = headers.length > 0 ? xml`<s:Header>${headers}</s:Header>` : undefined;
  const envelope = xml`<s:Envelope xmlns:s="${namespaces.soap}">${header}<s:Body>${body}</s:Body></s:Envelope>`;
  return `<?xml version="1.0" encoding="UTF-8"?>${envelope.markup}`;
}

/** Reads a SOAP 1.2 envelope. Throws ProtocolError. */
export function parseReply(bytes: Uint8Array, maxBytes: number = maxMessageBytes): SoapReply {
  const envelope = parseXml(bytes, maxBytes);
  if (envelope.name !== 'Envelope' || envelope.namespace !== namespaces.soap) {
    throw new ProtocolError('malformed', `a SOAP 1.2 envelope was expected, not ${nameOf(envelope)}`);
  }
  const body = envelope.children.find(({ name, namespace }) => name === 'Body' && namespace === namespaces.soap);
  if (!body) throw new ProtocolError('malformed', 'the SOAP envelope has no body');
  const fault = body.children.find(({ name, namespace }) => name === 'Fault' && namespace === namespaces.soap);
  if (fault) return { kind: 'fault', fault: readFault(fault) };
  return { kind: 'answer', header: child(envelope, 'Header'), body };
}

/** Finds the answer of `operation` in a body and reads it. Throws ProtocolError, also when the body answers something else. */
export function readAnswer<Result>(operation: SoapOperation<Result>, body: XmlElement): Result {
  const { namespace, name } = operation.answer;
  const answer = body.children.find((candidate) => candidate.name === name && candidate.namespace === namespace);
  if (!answer) {
    const found = body.children[0] ? nameOf(body.children[0]) : 'nothing';
    throw new ProtocolError('malformed', `${name} was expected in the SOAP body, not ${found}`);
  }
  return operation.read(answer);
}

/** Whether the device refuses who asks: SOAP's own code is Sender, the reason a subcode [ONVIF Core 5.8.2.2]. */
export function isNotAuthorized(fault: SoapFault): boolean {
  return fault.subcodes.some((code) => code === 'NotAuthorized' || code === 'FailedAuthentication');
}

/** Whether the device does not know the request at all, or has left it out. */
export function isNotSupported(fault: SoapFault): boolean {
  return fault.subcodes.some((code) => code === 'ActionNotSupported' || code === 'OptionalActionNotImplemented');
}

function readFault(fault: XmlElement): SoapFault {
  const subcodes: string[] = [];
  let level = child(fault, 'Code', 'Subcode');
  while (level && subcodes.length < maxSubcodes) {
    subcodes.push(withoutPrefix(textAt(level, 'Value')));
    level = child(level, 'Subcode');
  }
  const reason = textAt(fault, 'Reason', 'Text') ?? '';
  const details = child(fault, 'Detail')?.children.slice(0, maxSubcodes) ?? [];
  return {
    code: withoutPrefix(textAt(fault, 'Code', 'Value')),
    subcodes: subcodes.filter((code) => code !== ''),
    reason: reason.slice(0, 500),
    details: details.map(({ name }) => name),
  };
}

/** QName in content, without its prefix. */
function withoutPrefix(qname: string | undefined): string {
  return qname?.slice(qname.lastIndexOf(':') + 1) ?? '';
}

function nameOf(element: XmlElement): string {
  return `{${element.namespace}}${element.name}`.slice(0, 200);
}

/** An operation whose answer carries nothing. */
export function acknowledge(): undefined {
  return undefined;
}

/** The child that an answer must have. Throws ProtocolError when the device left it out. */
export function requireChild(answer: XmlElement, name: string): XmlElement {
  const found = childrenNamed(answer, name)[0];
  if (!found) throw new ProtocolError('malformed', `${answer.name} without ${name}`);
  return found;
}

/** Text of the child that an answer must have. Throws ProtocolError when it is absent or empty. */
export function requireText(answer: XmlElement, ...path: readonly string[]): string {
  const text = textAt(answer, ...path);
  if (text === undefined) throw new ProtocolError('malformed', `${answer.name} without ${path.join('/')}`);
  return text;
}
