import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createScrubber, isText } from '../../../agent/probe/secrets.ts';

const secret = fc
  .string({ unit: 'grapheme', minLength: 4, maxLength: 24 })
  .filter((text) => Buffer.byteLength(text) >= 4);

describe('taking secrets out', () => {
  it('leaves none in text, wherever it stands', () => {
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (word, before, after) => {
        const parts = createScrubber([word]).text(`${before} ${word} ${after}`).split('scrubbed');
        expect(parts.length).toBeGreaterThan(1);
        expect(parts.some((part) => part.includes(word))).toBe(false);
      }),
    );
  });

  it('finds it in Base64 of something longer', () => {
    const noise = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(secret, noise, noise, (word, before, after) => {
        const base64 = Buffer.concat([before, Buffer.from(word), after]).toString('base64');
        const clean = createScrubber([word]).text(base64);
        // Of the first and the last character of the secret a few bits may stay.
        const heart = Buffer.from(word).subarray(1, -1);
        if (heart.length >= 4) expect(Buffer.from(clean, 'base64').includes(heart)).toBe(false);
        expect(clean).toContain('scrubbed');
      }),
    );
  });

  it('keeps the length of what is no text', () => {
    fc.assert(
      fc.property(secret, fc.uint8Array({ maxLength: 30 }), (word, noise) => {
        const bytes = Buffer.concat([Buffer.from([0]), noise, Buffer.from(word), noise]);
        const clean = createScrubber([word]).bytes(bytes);
        expect(clean.length).toBe(bytes.length);
        expect(Buffer.from(clean).equals(bytes)).toBe(false);
      }),
    );
  });

  it.each([
    ['hex', Buffer.from('Lớp & học').toString('hex')],
    ['capital hex', Buffer.from('Lớp & học').toString('hex').toUpperCase()],
    ['an address', encodeURIComponent('Lớp & học')],
    ['a form', encodeURIComponent('Lớp & học').replaceAll('%20', '+')],
    ['XML', 'Lớp &amp; học'],
    ['JSON', JSON.stringify('Lớp & học').slice(1, -1)],
    ['JSON in ASCII', 'L\\u1edbp & h\\u1ecdc'],
    ['Basic', Buffer.from('admin:Lớp & học').toString('base64').slice(8)],
  ])('finds it in %s', (_, written) => {
    expect(createScrubber(['Lớp & học']).text(`<a>${written}</a>`)).not.toContain(written.slice(2, -4));
  });

  it('leaves alone what is no secret', () => {
    const text = 'POWR=1 vô sự';
    expect(createScrubber(['geheim', '', 'ab']).text(text)).toBe(text);
    expect(createScrubber([]).text(text)).toBe(text);
  });

  it('knows text from bytes', () => {
    expect([isText(Buffer.from('Máy chiếu\r\n')), isText(Buffer.from([0xaa, 0xff])), isText(Buffer.from([0]))]).toEqual(
      [true, false, false],
    );
  });
});
