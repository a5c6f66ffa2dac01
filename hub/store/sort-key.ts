/** Stands for the stroke of `đ`, which has no decomposition of its own. */
const bar = '\u0335';

/** Marks that make another letter (NFD), and the tones, in the order of the Vietnamese alphabet and of its dictionaries. */
const letterMarks: Readonly<Record<string, string>> = {
  'a\u0306': '1',
  'a\u0302': '2',
  'e\u0302': '1',
  'o\u0302': '1',
  'o\u031b': '2',
  'u\u031b': '1',
  [`d${bar}`]: '1',
};
const tones = ['\u0300', '\u0309', '\u0303', '\u0301', '\u0323'];
/** Letters that have a marked sister; each is followed by its number in the key. */
const sisters = new Set(['a', 'd', 'e', 'o', 'u']);

/**
 * Text whose byte order is the Vietnamese order of names: a < ă < â, d < đ; then the tones (ngang, huyền, hỏi, ngã, sắc,
 * nặng); numbers by their value, so that room 2 comes before room 10. Case does not count.
 */
export function sortKey(name: string): string {
  const text = name.toLowerCase().replaceAll('đ', `d${bar}`).normalize('NFD').trim().replace(/\s+/g, ' ');
  let letters = '';
  let toneMarks = '';
  for (const [token] of text.matchAll(/\d{1,15}|\P{M}\p{M}*/gsu)) {
    if (/^\d/.test(token)) letters += token.padStart(15, '0');
    else {
      letters += letterKey(token);
      if (/^\p{L}/u.test(token)) toneMarks += tones.findIndex((tone) => token.includes(tone)) + 1;
    }
  }
  return `${letters}\u0001${toneMarks.replace(/0+$/, '')}`;
}

/** A letter with its marks, without its tone: `â` is `a2`. */
function letterKey(token: string): string {
  const letter = token[0] ?? '';
  if (!sisters.has(letter)) return letter;
  const mark = [...token.slice(1)].map((one) => letterMarks[letter + one]).find((number) => number !== undefined);
  return letter + (mark ?? '0');
}
