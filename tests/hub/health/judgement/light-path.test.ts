import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { healthCodes } from '../../../../hub/health/judgement/codes.ts';
import { codeOfErrors, type PartError, wordsOfError } from '../../../../hub/health/judgement/light-path.ts';

const titleOf = (...errors: PartError[]) => {
  const code = codeOfErrors(errors);
  return code && healthCodes[code].title;
};

describe('errors of a light path', () => {
  it('name the part in the title, and a next step that fits it', () => {
    const told = (part: string, level: PartError['level']) => {
      const code = codeOfErrors([{ part, level }]);
      return code && { title: healthCodes[code].title.vi, next: healthCodes[code].next.en };
    };
    expect(told('fan', 'warning')?.title).toBe('Quạt làm mát cảnh báo');
    expect(told('fan', 'warning')?.next).toMatch(/fan/);
    expect(told('lamp', 'error')?.title).toBe('Nguồn sáng báo lỗi');
    expect(told('lamp', 'error')?.next).toMatch(/lamp/);
    expect(told('temperature', 'error')?.title).toBe('Thiết bị quá nóng');
    expect(told('cover', 'error')?.title).toBe('Nắp máy chưa đóng');
    expect(told('cover', 'error')?.next).toMatch(/Close the covers/);
    expect(told('filter', 'warning')?.title).toBe('Lưới lọc bụi cần vệ sinh');
    expect(told('filter', 'warning')?.next).toMatch(/Clean the filter/);
    expect(told('other', 'error')?.title).toMatch(/bộ phận khác/);
    expect(told('colour wheel', 'warning')?.title).toMatch(/bộ phận khác/);
  });

  it('are judged by the worst, and among equals by what brings the others down', () => {
    const warn = (part: string): PartError => ({ part, level: 'warning' });
    const fail = (part: string): PartError => ({ part, level: 'error' });
    expect(titleOf()).toBeUndefined();
    expect(titleOf(warn('cover'), fail('other'))?.en).toMatch(/another part/);
    expect(titleOf(fail('temperature'), fail('fan'))?.en).toMatch(/fan/);
    expect(titleOf(warn('temperature'), warn('filter'))?.en).toMatch(/filter/);
  });

  it('stand in plain words of both languages as evidence', () => {
    expect(wordsOfError({ part: 'fan', level: 'error' })).toEqual({
      vi: 'Quạt làm mát báo lỗi',
      en: 'The cooling fan reports an error',
    });
    expect(wordsOfError({ part: 'other', level: 'warning' }).vi).toBe('Bộ phận khác cảnh báo');
    expect(wordsOfError({ part: 'colour wheel', level: 'warning' }).en).toBe('The part “colour wheel” warns');
  });

  it('are a fault exactly when one of them is an error, in any order', () => {
    const error = fc.record({
      part: fc.oneof(
        fc.constantFrom('fan', 'lamp', 'temperature', 'cover', 'filter', 'other', 'valueOf', '__proto__'),
        fc.string(),
      ),
      level: fc.constantFrom('warning' as const, 'error' as const),
    });
    fc.assert(
      fc.property(fc.array(error, { minLength: 1, maxLength: 16 }), (errors) => {
        const code = codeOfErrors(errors);
        expect(code && healthCodes[code].state).toBe(
          errors.some(({ level }) => level === 'error') ? 'fault' : 'attention',
        );
        expect(codeOfErrors([...errors].reverse())).toBe(code);
      }),
    );
  });
});
