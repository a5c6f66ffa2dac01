import { SaxesParser, type SaxesTagNS } from 'saxes';
import { ProtocolError } from '../bytes/error.ts';

/** One attribute; `namespace` is empty for an attribute without prefix, as Namespaces in XML 1.0 section 6.2 says. */
interface XmlAttribute {
  readonly namespace: string;
  readonly name: string;
  readonly value: string;
}

/** One element with its names resolved. All values are strings as they came: nothing is guessed to be a number or a date. */
export interface XmlElement {
  readonly namespace: string;
  /** Local name. */
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** The element's own character data, references resolved, in document order. */
  readonly text: string;
}

/** Longest message on a service connection. */
export const maxMessageBytes = 1024 * 1024;
/** Longest message of an event or of discovery. */
export const maxEventBytes = 256 * 1024;

// Work is bounded before and during the parse, so that the most expensive document of a given size is cheap: no real
// answer comes near these (a camera with 32 profiles sends about 4,000 elements).
const maxDepth = 64;
const maxElements = 20_000;
const maxAttributes = 40_000;
const maxReferences = 20_000;

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

/**
 * Parses one XML 1.0 document in UTF-8. Refused are a document type declaration, more than `maxBytes`, a depth over 64,
 * and more elements, attributes or references than any real message has.
 * Throws ProtocolError `oversize` | `malformed` | `unsupported`, and nothing else.
 */
export function parseXml(bytes: Uint8Array, maxBytes: number = maxMessageBytes): XmlElement {
  if (bytes.byteLength > maxBytes) {
    throw new ProtocolError('oversize', `XML of ${bytes.byteLength} bytes, at most ${maxBytes} are read`);
  }
  const text = decodeUtf8(bytes);
  // Searched in the whole text, also inside comments and CDATA: a false alarm is cheap, a parser that differs from this one is not.
  if (/<!doctype/i.test(text)) {
    throw new ProtocolError('unsupported', 'XML with a document type declaration is refused');
  }
  const references = countCharacter(text, '&', maxReferences);
  if (references > maxReferences) {
    throw new ProtocolError('oversize', `XML with more than ${maxReferences} entity references`);
  }
  return parseText(text);
}

function parseText(text: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true, position: false, defaultXMLVersion: '1.0', forceXMLVersion: true });
  const open: OpenElement[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  let attributes = 0;
  parser.on('error', (error) => {
    throw new ProtocolError('malformed', `XML is not well-formed: ${error.message}`);
  });
  parser.on('attribute', () => {
    attributes += 1;
    if (attributes > maxAttributes)
      throw new ProtocolError('oversize', `XML with more than ${maxAttributes} attributes`);
  });
  parser.on('opentagstart', () => {
    elements += 1;
    if (elements > maxElements) throw new ProtocolError('oversize', `XML with more than ${maxElements} elements`);
    if (open.length >= maxDepth) throw new ProtocolError('oversize', `XML nested deeper than ${maxDepth} elements`);
  });
  parser.on('opentag', (tag) => {
    const element = openElement(tag);
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => {
    root = open.pop();
  });
  const addText = (piece: string) => {
    const element = open.at(-1);
    if (element) element.text += piece;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.write(text).close();
  if (!root) throw new ProtocolError('malformed', 'XML without a root element');
  return root;
}

function openElement(tag: SaxesTagNS): OpenElement {
  const attributes: XmlAttribute[] = [];
  for (const { uri, prefix, local, name, value } of Object.values(tag.attributes)) {
    // Declarations of namespaces have done their work when names are resolved.
    if (prefix !== 'xmlns' && name !== 'xmlns') attributes.push({ namespace: uri, name: local, value });
  }
  return { namespace: tag.uri, name: tag.local, attributes, children: [], text: '' };
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (thrown) {
    throw new ProtocolError('malformed', 'XML is not valid UTF-8', { cause: thrown });
  }
}

/** Counts up to one more than `limit`, then stops looking. */
function countCharacter(text: string, character: string, limit: number): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0 && count <= limit; at = text.indexOf(character, at + 1)) count += 1;
  return count;
}

/**
 * The first child with this local name. Below the operation's own element the namespace is not compared: cameras put
 * inner elements into the wrong namespace more often than they use one name for two things.
 */
export function child(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let at = element;
  for (const name of path) at = at?.children.find((candidate) => candidate.name === name);
  return at;
}

/** All children with this local name, in document order. */
export function childrenNamed(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((candidate) => candidate.name === name) ?? [];
}

/** Trimmed text of the element at `path`; undefined when it is absent or empty. */
export function textAt(element: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  const text = child(element, ...path)?.text.trim();
  return text === '' ? undefined : text;
}

/** The value of an attribute without prefix; undefined when absent. */
export function attribute(element: XmlElement | undefined, name: string): string | undefined {
  return element?.attributes.find((candidate) => candidate.name === name && candidate.namespace === '')?.value;
}
