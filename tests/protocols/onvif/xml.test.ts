import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { attribute, child, childrenNamed, maxMessageBytes, parseXml, textAt } from '../../../protocols/onvif/xml.ts';
import { toMarkup, type XmlMarkup, xml } from '../../../protocols/onvif/xml-markup.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseXml(encode(text));

/** Any text that XML 1.0 can carry. */
const legalText = fc
  .string({ unit: 'binary' })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly the characters that XML forbids
  .map((text) => text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ''));

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/).filter((text) => !/^xml/i.test(text));

function write(tag: string, namespace: string, attributes: readonly (readonly [string, string])[], content: XmlMarkup) {
  const written = attributes.map(([key, value]) => xml` ${{ markup: key }}="${value}"`);
  return xml`<${{ markup: tag }} xmlns="${namespace}"${written}>${content}</${{ markup: tag }}>`;
}

const namespace = fc.constantFrom('', 'urn:a', 'urn:b&"c');
const attributes = fc.uniqueArray(fc.tuple(name, legalText), { selector: ([key]) => key, maxLength: 3 });
const { element } = fc.letrec<{ element: XmlMarkup; leaf: XmlMarkup; branch: XmlMarkup }>((tie) => ({
  element: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('branch')),
  leaf: fc
    .tuple(name, namespace, attributes, legalText)
    .map(([tag, uri, list, text]) => write(tag, uri, list, xml`${text}`)),
  branch: fc
    .tuple(name, namespace, attributes, legalText, fc.array(tie('element'), { maxLength: 3 }))
    .map(([tag, uri, list, text, children]) => write(tag, uri, list, xml`${text}${children}`)),
}));

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'accepted';
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ProtocolError);
    return (thrown as ProtocolError).code;
  }
}

describe('parseXml', () => {
  it('resolves namespaces and keeps every value a string', () => {
    const root = parse(
      '<?xml version="1.0"?><a:Root xmlns:a="urn:a" xmlns="urn:d" version="1.10" a:x="y"><Model>true</Model><a:N>007</a:N></a:Root>',
    );
    expect(root).toMatchObject({ namespace: 'urn:a', name: 'Root' });
    expect(attribute(root, 'version')).toBe('1.10');
    expect(attribute(root, 'x')).toBeUndefined();
    expect(root.children.map(({ namespace, text }) => [namespace, text])).toEqual([
      ['urn:d', 'true'],
      ['urn:a', '007'],
    ]);
    expect(childrenNamed(root, 'N')).toHaveLength(1);
    expect(child(root, 'Model')?.text).toBe('true');
    expect(textAt(parse('<a><b> \n </b></a>'), 'b')).toBeUndefined();
  });

  it('reads references, CDATA and a byte order mark', () => {
    const bytes = encode('\ufeff<a>&lt;&#65;&#x1F600;<![CDATA[<b>&amp;]]>&apos;</a>');
    expect(parseXml(bytes).text).toBe("<A😀<b>&amp;'");
  });

  it('keeps names of the prototype as plain names', () => {
    const root = parse(
      '<__proto__ constructor="1" __proto__="2"><hasOwnProperty/><__proto__>x</__proto__></__proto__>',
    );
    expect(root.name).toBe('__proto__');
    expect(attribute(root, '__proto__')).toBe('2');
    expect(textAt(root, '__proto__')).toBe('x');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    expect(Object.getPrototypeOf(root)).toBe(Object.prototype);
  });

  it.each([
    ['a document type', '<!DOCTYPE a><a/>', 'unsupported'],
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 'unsupported'],
    ['a document type in other letters', '<!doctype a><a/>', 'unsupported'],
    ['an entity of nobody', '<a>&nobody;</a>', 'malformed'],
    ['an entity that every object has', '<a>&constructor;</a>', 'malformed'],
    ['an entity that is the prototype', '<a>&__proto__;</a>', 'malformed'],
    ['a reference to no character', '<a>&#0;</a>', 'malformed'],
    ['a control character', '<a>\u0001</a>', 'malformed'],
    ['a control character of XML 1.1', '<?xml version="1.1"?><a>&#1;</a>', 'malformed'],
    ['an unbound prefix', '<b:a/>', 'malformed'],
    ['two roots', '<a/><b/>', 'malformed'],
    ['text beside the root', 'x<a/>', 'malformed'],
    ['an open element', '<a><b></b>', 'malformed'],
    ['a wrong end', '<a><b></a></b>', 'malformed'],
    ['an attribute twice', '<a x="1" x="2"/>', 'malformed'],
    ['nothing', '', 'malformed'],
    ['white space', '   ', 'malformed'],
    ['a page of a router', '<html><br>&nbsp;</html>', 'malformed'],
  ])('refuses %s', (_title, text, code) => {
    expect(codeOf(() => parse(text))).toBe(code);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(codeOf(() => parseXml(Uint8Array.of(0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e)))).toBe('malformed');
  });

  it('stops at depth 64 and not before', () => {
    const nested = (depth: number) => `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`;
    expect(parse(nested(64)).name).toBe('a');
    expect(codeOf(() => parse(nested(65)))).toBe('oversize');
  });

  it('throws nothing but ProtocolError, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void codeOf(() => parseXml(bytes))));
    const pieces = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      'xmlns',
      ':',
      '=',
      '"',
      '&',
      ';',
      '#',
      '!',
      '[CDATA[',
      ']]>',
      '--',
      '?',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => void codeOf(() => parse(parts.join('')))),
      { numRuns: 2_000 },
    );
  });

  it('takes no part of a document for the whole', () => {
    fc.assert(
      fc.property(element, fc.nat(), (markup, at) => {
        const bytes = encode(markup.markup);
        const length = at % bytes.length;
        expect(codeOf(() => parseXml(bytes.subarray(0, length)))).toBe('malformed');
      }),
    );
  });
});

describe('the work of parseXml', () => {
  const limitMs = 1_000;
  const mebibyte = 1024 * 1024;
  const attacks: readonly (readonly [string, string])[] = [
    ['references in text', `<a>${'&#65;'.repeat(mebibyte / 5)}</a>`],
    ['named references', `<a b="${'&amp;'.repeat(mebibyte / 5)}"/>`],
    ['empty elements', `<a>${'<b/>'.repeat(mebibyte / 4)}</a>`],
    ['attributes', `<a ${Array.from({ length: mebibyte / 12 }, (_, index) => `b${index}="1" `).join('')}/>`],
    ['nesting', '<a>'.repeat(mebibyte / 3)],
    ['open angle brackets', '<'.repeat(mebibyte)],
    ['one long name', `<${'a'.repeat(mebibyte)}/>`],
    ['one long attribute', `<a b="${'x'.repeat(mebibyte)}"/>`],
    ['a comment without end', `<a><!--${'-x'.repeat(mebibyte / 2)}`],
    ['CDATA brackets', `<a><![CDATA[${']'.repeat(mebibyte)}]]></a>`],
    ['closing brackets in text', `<a>${']'.repeat(mebibyte)}</a>`],
    ['line ends', `<a>${'\r\n'.repeat(mebibyte / 2)}</a>`],
    ['processing instructions', `<a>${'<?b c?>'.repeat(mebibyte / 7)}</a>`],
  ];

  it.each(attacks)('is bounded for 1 MiB of %s', (_title, text) => {
    const bytes = encode(text).subarray(0, maxMessageBytes);
    expect(cpuMsOf(() => codeOf(() => parseXml(bytes)))).toBeLessThan(limitMs);
  });

  it('is nothing for 10 MB of references: the size is refused first', () => {
    const bytes = encode(`<a>${'&#65;'.repeat(2_000_000)}</a>`);
    let code = '';
    const refusedMs = cpuMsOf(() => {
      code = codeOf(() => parseXml(bytes));
    });
    expect(code).toBe('oversize');
    // Against the cheapest look at all of it.
    expect(refusedMs).toBeLessThan(cpuMsOf(() => void new TextDecoder().decode(bytes)) + 20);
  });

  it('refuses more elements, attributes and references than any message has', () => {
    expect(codeOf(() => parse(`<a>${'<b/>'.repeat(20_000)}</a>`))).toBe('oversize');
    expect(codeOf(() => parse(`<a>${'<b c="" d="" e=""/>'.repeat(14_000)}</a>`))).toBe('oversize');
    expect(codeOf(() => parse(`<a>${'&lt;'.repeat(20_001)}</a>`))).toBe('oversize');
  });
});

describe('xml', () => {
  it('writes what parseXml reads back, in text and in attributes', () => {
    fc.assert(
      fc.property(legalText, (text) => {
        const root = parse(xml`<a b="${text}">${text}</a>`.markup);
        expect([root.text, attribute(root, 'b')]).toEqual([text, text]);
      }),
    );
  });

  it('writes a parsed element again, whatever it is', () => {
    fc.assert(
      fc.property(element, (markup) => {
        const root = parse(markup.markup);
        expect(parse(toMarkup(root).markup)).toEqual(root);
      }),
    );
  });

  it('keeps namespaces of attributes when it writes again', () => {
    const root = parse('<a xmlns:p="urn:p" p:b="1" b="2" xml:lang="vi"><p:c/></a>');
    expect(parse(toMarkup(root).markup)).toEqual(root);
  });

  it('refuses what XML cannot carry', () => {
    for (const text of ['\u0000', '\u001f', '\ufffe', '\ud800']) {
      expect(codeOf(() => xml`<a>${text}</a>`)).toBe('unsupported');
    }
  });
});
