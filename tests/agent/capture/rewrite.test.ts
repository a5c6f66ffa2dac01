import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editMatches, editOccurrences, rewriteChunks, rewriteText } from '../../../agent/capture/rewrite.ts';

const chunksOf = (text: string, cuts: readonly number[]): Uint8Array[] => {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort((a, b) => a - b);
  return places.slice(1).map((to, at) => Buffer.from(text.slice(places[at], to), 'latin1'));
};

describe('rewriting a stream', () => {
  it('gives the same bytes however it was cut, in as many chunks', () => {
    const word = fc.constantFrom('ab', 'aba', 'x');
    const text = fc.array(fc.constantFrom('a', 'b', 'x', '-'), { maxLength: 60 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        text,
        word,
        fc.constantFrom('', 'z', 'longer than that'),
        fc.array(fc.nat(80)),
        (stream, old, by, cuts) => {
          const chunks = chunksOf(stream, cuts);
          const written = rewriteChunks(chunks, (whole) => editOccurrences(whole, old, by));
          expect(written).toHaveLength(chunks.length);
          expect(Buffer.concat(written).toString('latin1')).toBe(stream.replaceAll(old, by));
        },
      ),
    );
  });

  it('leaves an untouched stream as it came', () => {
    const chunks = [Buffer.from('ab'), Buffer.from('cd')];
    expect(rewriteChunks(chunks, () => [])).toBe(chunks);
  });

  it('takes the longer of two edits at one place, and none inside another', () => {
    const edits = [
      { from: 0, to: 1, by: '1' },
      { from: 0, to: 3, by: '3' },
      { from: 2, to: 4, by: 'x' },
    ];
    expect(rewriteText('abcdef', () => edits)).toBe('3def');
  });

  it('changes the named part of a match alone', () => {
    const pattern = /name="(?<secret>[^"]*)"/g;
    expect(rewriteText('a name="đ" b name="e"', (stream) => editMatches(stream, pattern, () => '*'))).toBe(
      'a name="*" b name="*"',
    );
  });
});
