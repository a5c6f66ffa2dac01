import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Framer } from '../../protocols/bytes/framer.ts';

/** One golden vector: bytes as text or hex, what they mean, and who says so. */
export interface Vector {
  readonly name: string;
  /** A standard, a capture or another implementation. */
  readonly source: string;
  readonly text?: string;
  readonly hex?: string;
  readonly value?: unknown;
}

/** Reads `tests/vectors/<wire>/<file>.json`. Throws when a vector names no source, or our own encoder as its source. */
export function loadVectors<V extends Vector = Vector>(wire: string, file: string): readonly V[] {
  const path = new URL(`../vectors/${wire}/${file}.json`, import.meta.url);
  const vectors = JSON.parse(readFileSync(path, 'utf8')) as readonly V[];
  if (vectors.length === 0) throw new Error(`${wire}/${file} has no vectors`);
  for (const vector of vectors) {
    if (!vector.name || !vector.source) throw new Error(`a vector of ${wire}/${file} names no source`);
    if (/edufleet|our own|own encoder/i.test(vector.source))
      throw new Error(`${vector.name} proves nothing but itself`);
  }
  return vectors;
}

export function bytesOf(vector: Vector): Uint8Array {
  if (vector.hex !== undefined) return Uint8Array.from(Buffer.from(vector.hex.replaceAll(/\s/g, ''), 'hex'));
  return new TextEncoder().encode(vector.text ?? '');
}

export interface VectorCodec {
  /** Meaning of one frame, or of all the bytes where there is no framer. */
  readonly decode: (bytes: Uint8Array) => unknown;
  /** Given where the wire has one way only to say it. */
  readonly encode?: (value: unknown) => Uint8Array;
  /** For stream wires: a fresh framer. A shorter prefix must then wait; without a framer it must throw. */
  readonly framer?: () => Framer;
}

/** Makes the tests of style 7.11 from vectors: the value, the bytes, every shorter prefix, and every split. */
export function testVectors(vectors: readonly Vector[], codec: VectorCodec): void {
  for (const vector of vectors) {
    const bytes = bytesOf(vector);
    const frames = (chunks: readonly Uint8Array[]): Uint8Array[] => {
      const framer = codec.framer?.();
      return framer ? chunks.flatMap((chunk) => [...framer.push(chunk)]) : [Buffer.concat(chunks)];
    };

    it(`reads ${vector.name}`, () => {
      const [frame, ...more] = frames([bytes]);
      expect(more).toEqual([]);
      expect(codec.decode(frame ?? new Uint8Array())).toEqual(vector.value);
    });

    const { encode } = codec;
    if (encode) {
      it(`writes ${vector.name}`, () => {
        const written = Buffer.from(encode(vector.value)).toString('latin1');
        expect(written).toBe(Buffer.from(bytes).toString('latin1'));
      });
    }

    it(`takes no part of ${vector.name} for the whole`, () => {
      for (let length = 0; length < bytes.length; length++) {
        const prefix = bytes.subarray(0, length);
        if (codec.framer) expect(frames([prefix])).toEqual([]);
        else expect(() => codec.decode(prefix), `first ${length} bytes`).toThrow();
      }
    });

    if (!codec.framer) continue;
    it(`reads ${vector.name} however it is split`, () => {
      const whole = frames([bytes]);
      for (let at = 0; at <= bytes.length; at++) {
        expect(frames([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
      }
      expect(frames([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
      expect(frames([Buffer.concat([bytes, bytes])])).toEqual([...whole, ...whole]);
    });
  }
}
