import type { Random } from './hostile-random.ts';

/** What a device may send instead of the truth. Pure: the dice decide everything. */
export interface Mutation {
  readonly name: string;
  readonly bytes: Buffer;
}

type Mutator = (bytes: Buffer, random: Random, seen: readonly Buffer[]) => Buffer;

/** Values at which readers stumble: out of range, of another kind, too long, or names of what every object has. */
const oddValues: readonly string[] = [
  '',
  ' ',
  '-1',
  '0',
  '-0',
  '4294967296',
  '18446744073709551616',
  '9007199254740993',
  '1e999',
  '-1e308',
  'NaN',
  'Infinity',
  '0x7fffffff',
  '9'.repeat(400),
  'A'.repeat(70_000),
  'đ'.repeat(300),
  '\u0000',
  '\ufffe\uffff',
  '\u{1f642}',
  'null',
  'true',
  '[]',
  '__proto__',
  'constructor',
  'toString',
  '../../../etc/passwd',
  '<![CDATA[',
  '&amp;&#0;&#x110000;',
  'https://192.0.2.1:65536/',
  'http://127.0.0.1:0/',
  '2026-02-30T25:61:61Z',
  '275760-09-14T00:00:00Z',
  '-271821-04-19T00:00:00Z',
];

const levels = 60_000;
const entities = Array.from({ length: 12 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(12)}">`).join('');

/** Made once: to make one must not be what takes the time that is measured. */
const bombs: Readonly<Record<string, Buffer>> = {
  'nested XML': Buffer.from('<a>'.repeat(levels)),
  'nested XML, closed': Buffer.from(`${'<a>'.repeat(levels)}${'</a>'.repeat(levels)}`),
  'entity bomb': Buffer.from(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">${entities}]><x>&e12;</x>`),
  'many attributes': Buffer.from(`<a ${Array.from({ length: 20_000 }, (_, n) => `b${n}="1"`).join(' ')}/>`),
  'many elements': Buffer.from(`<a>${'<b/>'.repeat(60_000)}</a>`),
  'nested JSON': Buffer.from(`${'['.repeat(levels)}${']'.repeat(levels)}`),
  'nested objects': Buffer.from(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`),
  'open JSON': Buffer.from('{"a":['.repeat(levels)),
  'many members': Buffer.from(
    JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, n]))),
  ),
  'long JSON': Buffer.from(JSON.stringify({ op: 0, d: 'x'.repeat(900_000) })),
  'long number': Buffer.from(`{"op":${'1'.repeat(500_000)}}`),
  'long line': Buffer.alloc(900_000, 0x41),
  'many lines': Buffer.alloc(400_000, 0x0a),
  'many line ends': Buffer.from('\r\n'.repeat(200_000)),
  'many spaces': Buffer.alloc(400_000, 0x20),
  'many quotes': Buffer.from('"\\'.repeat(100_000)),
  'many equals': Buffer.from('a=b;,'.repeat(80_000)),
  zeros: Buffer.alloc(500_000),
  ones: Buffer.alloc(500_000, 0xff),
};

const mutators: Readonly<Record<string, Mutator>> = {
  'bit flips': (bytes, random) => {
    const out = Buffer.from(bytes);
    for (let count = 1 + random.below(8); count > 0 && out.length > 0; count--) {
      const at = random.below(out.length);
      out[at] = (out[at] ?? 0) ^ (1 << random.below(8));
    }
    return out;
  },
  'odd bytes': (bytes, random) => {
    const out = Buffer.from(bytes);
    for (let count = 1 + random.below(4); count > 0 && out.length > 0; count--) {
      out[random.below(out.length)] = random.pick([0, 1, 0x0a, 0x0d, 0x20, 0x3a, 0x3c, 0x7f, 0x80, 0xfe, 0xff]);
    }
    return out;
  },
  truncation: (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  'lost middle': (bytes, random) => {
    const [from, to] = sliceOf(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  'repeated middle': (bytes, random) => {
    const [from, to] = sliceOf(bytes, random);
    const piece = bytes.subarray(from, Math.min(to, from + 2_000));
    const times = random.pick([1, 2, 10, 300]);
    return Buffer.concat([bytes.subarray(0, to), ...Array.from({ length: times }, () => piece), bytes.subarray(to)]);
  },
  repetition: (bytes, random) => {
    const times = random.pick([2, 3, 50, Math.max(2, Math.min(2_000, Math.floor(500_000 / (bytes.length + 1))))]);
    return Buffer.concat(Array.from({ length: times }, () => bytes));
  },
  'other length': (bytes, random) => {
    const width = random.pick([1, 2, 4]);
    if (bytes.length < width) return bytes;
    const out = Buffer.from(bytes);
    // Lengths stand near the front, of the whole or of its first parts.
    const at = random.below(Math.min(out.length - width + 1, random.pick([4, 12, 40, 400])));
    const most = 2 ** (8 * width) - 1;
    const value = random.pick([0, 1, 2, most, most - 1, (most + 1) / 2, Math.floor(random.next() * most)]);
    if (random.chance(0.5)) out.writeUIntBE(value, at, width);
    else out.writeUIntLE(value, at, width);
    return out;
  },
  'other number': (bytes, random) => replaceText(bytes, /-?\d+(\.\d+)?/g, random, () => random.pick(oddValues)),
  'other value': (bytes, random) =>
    replaceText(bytes, /(?<=[>=:"])[^<>=:"&\r\n]{1,200}(?=[<"&,\r\n])/g, random, () => random.pick(oddValues)),
  'other word': (bytes, random) => replaceText(bytes, /[A-Za-z_]{2,40}/g, random, () => random.pick(oddValues)),
  'other JSON': (bytes, random) => otherJson(bytes, random),
  'bomb inside': (bytes, random) => {
    const at = random.chance(0.3) ? random.below(bytes.length + 1) : boundaryIn(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), random.pick(Object.values(bombs)), bytes.subarray(at)]);
  },
  bomb: (_bytes, random) => random.pick(Object.values(bombs)),
  garbage: (_bytes, random) => noise(random, random.pick([1, 7, 64, 1_500, 65_000])),
  'garbage behind': (bytes, random) => Buffer.concat([bytes, noise(random, random.pick([1, 3, 200, 5_000]))]),
  'garbage before': (bytes, random) => Buffer.concat([noise(random, random.pick([1, 3, 200, 5_000])), bytes]),
  'older answer': (bytes, random, seen) => (seen.length > 0 ? random.pick(seen) : bytes),
};

/** One lie about `bytes`. `seen` holds true messages of earlier moments, which come again out of their turn. */
export function mutate(bytes: Buffer, random: Random, seen: readonly Buffer[]): Mutation {
  const name = random.pick(mutatorNames);
  const mutator = mutators[name] as Mutator;
  return { name, bytes: mutator(bytes, random, seen) };
}

/** An endless stream, as the piece that it repeats. */
export function endlessPiece(truth: Buffer, random: Random): Mutation {
  const pieces: Readonly<Record<string, Buffer>> = {
    zeros: Buffer.alloc(1_024),
    letters: Buffer.alloc(1_024, 0x41),
    digits: Buffer.alloc(1_024, 0x39),
    noise: noise(random, 4_096),
    elements: Buffer.from('<a>'.repeat(300)),
    lines: Buffer.from('a=b\r\n'.repeat(200)),
    headers: Buffer.from('X-Header: 1\r\n'.repeat(80)),
    brackets: Buffer.from('[{"a":'.repeat(200)),
    truth: truth.length > 0 ? truth : Buffer.from('OK\r\n'),
    'half truths': truth.length > 1 ? truth.subarray(0, truth.length >> 1) : Buffer.from('O'),
  };
  const name = random.pick(Object.keys(pieces));
  return { name, bytes: pieces[name] as Buffer };
}

export function noise(random: Random, length: number): Buffer {
  const out = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at++) out[at] = random.below(256);
  return out;
}

/** The same shape with one text, number or list of it as odd as its type allows. */
export function oddOfItsType<T>(value: T, random: Random): T {
  return oddInShape(value, random) as T;
}

function oddInShape(value: unknown, random: Random): unknown {
  if (typeof value === 'string') return random.pick(oddValues);
  if (typeof value === 'number')
    return random.pick([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, -1e308, 2 ** 53, 1e308]);
  if (Array.isArray(value) && random.chance(0.3)) {
    const one: unknown = value[0];
    return one === undefined
      ? value
      : Array.from({ length: random.pick([0, 2, 5_000]) }, () => oddInShape(one, random));
  }
  if (typeof value !== 'object' || value === null) return value;
  const key = random.pick(Object.keys(value));
  const inner: unknown = Reflect.get(value, key);
  if (Array.isArray(value))
    return value.map((one: unknown, at) => (String(at) === key ? oddInShape(one, random) : one));
  return { ...value, [key]: oddInShape(inner, random) };
}

/** A typed value, by whichever port it comes, with one of its parts replaced by something odd of any kind. */
function oddVersion(value: unknown, random: Random): unknown {
  const isBranch = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!isBranch || random.chance(0.15)) return oddPart(value, random);
  const key = random.pick(Object.keys(value));
  const inner: unknown = Reflect.get(value, key);
  if (Array.isArray(value))
    return value.map((one: unknown, at) => (String(at) === key ? oddVersion(one, random) : one));
  if (random.chance(0.1)) return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  return { ...value, [key]: oddVersion(inner, random) };
}

function oddPart(value: unknown, random: Random): unknown {
  const text = random.pick(oddValues);
  const parts: readonly unknown[] = [
    text,
    Number(text),
    -1,
    2 ** 53,
    1e308,
    0.1,
    null,
    true,
    [],
    {},
    [text],
    { [text]: text },
    [value, value],
    Array.from({ length: 5_000 }, () => value),
    JSON.parse(`{"__proto__":{"a":1},"constructor":1,"length":-1}`),
  ];
  return random.pick(parts);
}

const mutatorNames = Object.keys(mutators);

function otherJson(bytes: Buffer, random: Random): Buffer {
  try {
    return Buffer.from(JSON.stringify(oddVersion(JSON.parse(bytes.toString()), random)));
  } catch {
    // It is no JSON: then it is at least not what it was.
    return Buffer.concat([bytes, Buffer.from(random.pick(oddValues))]);
  }
}

function sliceOf(bytes: Buffer, random: Random): readonly [number, number] {
  const from = random.below(bytes.length + 1);
  return [from, from + random.below(bytes.length - from + 1)];
}

/** Where a part of a text begins. */
function boundaryIn(bytes: Buffer, random: Random): number {
  const at = bytes.indexOf(random.pick(['>', '{', '[', ':', ',', '=', '\n', '"']), random.below(bytes.length + 1));
  return at < 0 ? bytes.length : at + 1;
}

/** Replaces one or all matches; bytes that are no text come through as they were (latin1 keeps them). */
function replaceText(bytes: Buffer, pattern: RegExp, random: Random, by: () => string): Buffer {
  const text = bytes.toString('latin1');
  const matches = text.match(pattern)?.length ?? 0;
  if (matches === 0) return Buffer.concat([bytes, Buffer.from(by())]);
  const isAll = matches < 50 && random.chance(0.1);
  const chosen = random.below(matches);
  let at = 0;
  return Buffer.from(
    text.replace(pattern, (match) => (isAll || at++ === chosen ? Buffer.from(by()).toString('latin1') : match)),
    'latin1',
  );
}
