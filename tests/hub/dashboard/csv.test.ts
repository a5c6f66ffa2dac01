import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvLine } from '../../../hub/dashboard/src/data/csv.ts';

/** Reads one record of RFC 4180, written apart from the writer. */
function readLine(line: string, separator: string): readonly string[] {
  const cells: string[] = [];
  let rest = line.replace(/\r\n$/, '');
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(rest);
    const end = rest.indexOf(separator);
    const plain = end < 0 ? rest : rest.slice(0, end);
    cells.push(quoted ? (quoted[1] ?? '').replaceAll('""', '"') : plain);
    rest = rest.slice(quoted ? quoted[0].length : plain.length);
    if (rest === '') return cells;
    rest = rest.slice(separator.length);
    if (rest === '') return [...cells, ''];
  }
}

describe('csv', () => {
  it('quotes what needs it and nothing else', () => {
    expect(csvLine(['Phòng 7', 'a;b', 'c"d', 'x,y'], ';')).toBe('Phòng 7;"a;b";"c""d";x,y\r\n');
  });

  it('gives back every text, with formulas made harmless', () => {
    const separator = fc.constantFrom(',' as const, ';' as const);
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 6 }), separator, (values, mark) => {
        const read = readLine(csvLine(values, mark), mark);
        expect(read.map((value) => value.replace(/^'(?=\s*[=+\-@\t\r\n])/, ''))).toEqual(
          values.map((value) => value.replace(/^'(?=\s*[=+\-@\t\r\n])/, '')),
        );
      }),
    );
  });

  it('never begins a cell with what a spreadsheet would run', () => {
    const start = fc.constantFrom('=', '+', '-', '@', '\t=', ' =', '\r', '\n@');
    fc.assert(
      fc.property(start, fc.string(), (first, rest) => {
        const [read = ''] = readLine(csvLine([first + rest], ';'), ';');
        expect(read.startsWith("'")).toBe(true);
      }),
    );
  });
});
