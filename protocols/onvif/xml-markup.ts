import { ProtocolError } from '../bytes/error.ts';
import type { XmlElement } from './xml.ts';

/** Text that is XML already: it is written as it stands, where a string is escaped. */
export interface XmlMarkup {
  readonly markup: string;
}

type Insertion = string | number | boolean | XmlMarkup | readonly XmlMarkup[] | undefined;

// The complement of the Char production, XML 1.0 section 2.2; with the u flag a lone surrogate is a character of its own.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly the characters that XML forbids
const forbiddenCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\ud800-\udfff]/u;

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // As references, because a parser turns a literal one into something else (XML 1.0 sections 2.11 and 3.3.3).
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** Template tag for XML: strings are escaped for text and for quoted attributes, markup is inserted as it stands, undefined is nothing. */
export function xml(parts: TemplateStringsArray, ...insertions: readonly Insertion[]): XmlMarkup {
  let markup = '';
  for (const [index, part] of parts.entries()) markup += part + insert(insertions[index]);
  return { markup };
}

function insert(insertion: Insertion): string {
  if (insertion === undefined) return '';
  if (typeof insertion === 'object') {
    return 'markup' in insertion ? insertion.markup : insertion.map((one) => one.markup).join('');
  }
  return escapeXml(String(insertion));
}

/** Throws ProtocolError `unsupported` for a character that XML 1.0 cannot carry. */
function escapeXml(text: string): string {
  if (forbiddenCharacter.test(text)) {
    throw new ProtocolError('unsupported', 'the text holds a character that XML cannot carry');
  }
  return text.replace(/[&<>"'\r\n\t]/g, (character) => escapes[character] ?? character);
}

/** Writes a parsed element again, each name with its own namespace, and `extra` attributes on the outermost element. */
export function toMarkup(element: XmlElement, extra: XmlMarkup = { markup: '' }): XmlMarkup {
  const attributes = element.attributes.map(({ namespace, name, value }, index): XmlMarkup => {
    if (namespace === '') return xml` ${{ markup: name }}="${value}"`;
    if (namespace === 'http://www.w3.org/XML/1998/namespace') return xml` xml:${{ markup: name }}="${value}"`;
    const prefix = { markup: `a${index}` };
    return xml` xmlns:${prefix}="${namespace}" ${prefix}:${{ markup: name }}="${value}"`;
  });
  const name = { markup: element.name };
  const children = element.children.map((one) => toMarkup(one));
  return xml`<${name} xmlns="${element.namespace}"${attributes}${extra}>${element.text}${children}</${name}>`;
}
