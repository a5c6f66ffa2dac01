import { checksum } from '../../../protocols/sip2/message.ts';
import { scrubbed } from '../../probe/secrets.ts';
import type { Pseudonyms } from '../pseudonyms.ts';
import type { Edit } from '../rewrite.ts';

/** Fields that name an item, and those that must never leave the school: people, passwords, titles [SIP2 2.00, field list]. */
const itemFields = /^(AB|CK)$/;
const secretFields = /^(AA|AC|AD|AE|AJ|BD|BE|BF|BH|BV|BY|CA|CF|CN|CO|CQ|CY|DA|PB)$/;

/** Whether lines are messages between a gate and a library system. */
export function isLibrary(stream: string): boolean {
  return /^(99\d|98[YN]|93\d\d|94[01]|17\d{8}|18\d{6})/.test(stream.trimStart()) && stream.includes('\r');
}

/** Each message with pseudonyms for items and without people, its checksum made right. */
export function libraryEdits(stream: string, pseudonyms: Pseudonyms): readonly Edit[] {
  return [...stream.matchAll(/[^\r\n]+/g)].flatMap((match) => {
    const [line] = match;
    const clean = scrubLine(line, pseudonyms);
    return clean === line ? [] : [{ from: match.index, to: match.index + line.length, by: clean }];
  });
}

function scrubLine(line: string, pseudonyms: Pseudonyms): string {
  const [tail = '', sequence = ''] = /(AY\d)?AZ[0-9A-Fa-f]{4}$/.exec(line) ?? [];
  const body = line.slice(0, line.length - tail.length);
  // The first field follows values in fixed places, so that its name is not at the front of its part.
  const clean = body
    .split('|')
    .map((part, at) => (at === 0 ? scrubFirst(part, pseudonyms) : scrubField(part, pseudonyms)))
    .join('|');
  if (tail === '') return clean;
  const summed = `${clean}${sequence}AZ`;
  return summed + checksum(Buffer.from(summed, 'latin1'));
}

function scrubFirst(part: string, pseudonyms: Pseudonyms): string {
  const fixed = fixedLengths[part.slice(0, 2)];
  if (fixed === undefined) return part;
  return part.slice(0, 2 + fixed) + scrubField(part.slice(2 + fixed), pseudonyms);
}

/** Characters between the code and the first field [SIP2 2.00, message definitions]. */
const fixedLengths: Readonly<Record<string, number>> = { '17': 18, '18': 24, '93': 2, '94': 1, '98': 34, '99': 8 };

function scrubField(part: string, pseudonyms: Pseudonyms): string {
  const name = part.slice(0, 2);
  const value = part.slice(2);
  if (value === '') return part;
  if (itemFields.test(name)) return name + pseudonyms.item(value);
  return secretFields.test(name) ? name + scrubbed : part;
}
