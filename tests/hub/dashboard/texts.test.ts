import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Texts } from '../../../hub/dashboard/src/text/define.ts';
import { resourcesOf, texts } from '../../../hub/dashboard/src/text/texts.ts';

const source = join(import.meta.dirname, '../../../hub/dashboard/src');
const files = globSync('**/*.{ts,tsx}', { cwd: source }).map((path) => ({
  path: path.replaceAll('\\', '/'),
  text: readFileSync(join(source, path), 'utf8'),
}));
const isTexts = ({ path, text }: (typeof files)[number]) => path.startsWith('text/') && /= defineTexts\(\{/.test(text);
const code = files.filter((file) => !isTexts(file));
const entries = Object.entries<Texts[string]>(texts);

function variables(text: string): readonly string[] {
  return [...text.matchAll(/\{\{\s*([\w]+)/g)].map((match) => match[1] ?? '').sort();
}

describe('texts', () => {
  it('sees the whole page, so that no rule passes on an empty set', () => {
    expect(files.length).toBeGreaterThan(80);
    expect(entries.length).toBeGreaterThan(300);
  });

  it('has every text in both languages, with the same variables', () => {
    const broken = entries.filter(
      ([, { vi, en, enOne }]) =>
        vi.trim() === '' ||
        en.trim() === '' ||
        variables(vi).join() !== variables(en).join() ||
        (enOne !== undefined && variables(enOne).join() !== variables(en).join()),
    );
    expect(broken.map(([key]) => key)).toEqual([]);
  });

  it('declares no key twice, for the later one would win silently', () => {
    const keys = files
      .filter(isTexts)
      .flatMap(({ text }) => [...text.matchAll(/^ {2}'([^']+)': \{/gm)].map((match) => match[1]));
    expect(keys.length).toBe(entries.length);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('uses every key, whole and as a literal', () => {
    const all = code.map(({ text }) => text).join('\n');
    expect(entries.map(([key]) => key).filter((key) => !all.includes(`'${key}'`))).toEqual([]);
  });

  it('asks for no key that is not there', () => {
    const missing = code.flatMap(({ path, text }) =>
      [...text.matchAll(/\bt\('([^']+)'/g)]
        .map((match) => match[1] ?? '')
        .filter((key) => !Object.hasOwn(texts, key))
        .map((key) => `${path}: ${key}`),
    );
    expect(missing).toEqual([]);
  });

  it('never glues a key or a sentence from pieces', () => {
    const glued = code.flatMap(({ path, text }) =>
      [...text.matchAll(/\bt\(\s*`|\bt\([^()]*\)\s*\+|\+\s*t\(/g)].map((match) => `${path}: ${match[0]}`),
    );
    expect(glued).toEqual([]);
  });

  it('writes no Vietnamese outside the texts', () => {
    const marked = /[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]/i;
    const found = code.flatMap(({ path, text }) =>
      text
        .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
        .split('\n')
        // The name of a language is written in that language.
        .filter((line) => marked.test(line) && !line.includes('Tiếng Việt'))
        .map((line) => `${path}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });

  it('gives English a singular and Vietnamese one form', () => {
    const vi = resourcesOf('vi');
    const en = resourcesOf('en');
    expect(en['cause.affected_one']).toContain('device');
    expect(en['cause.affected_other']).toContain('devices');
    expect(vi['cause.affected_other']).toContain('thiết bị');
    expect(vi).not.toHaveProperty('cause.affected_one');
    expect(vi['signIn.title']).toBe('Đăng nhập');
  });
});
