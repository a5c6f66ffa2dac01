import { describe, expect, it } from 'vitest';
import { sortKey } from '../../../hub/store/sort-key.ts';

const byKey = (names: readonly string[]) =>
  [...names].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : sortKey(a) > sortKey(b) ? 1 : 0));

describe('sortKey', () => {
  it('follows the Vietnamese alphabet', () => {
    const order = ['an', 'ăn', 'ân', 'bình', 'cam', 'dung', 'đào', 'em', 'êm', 'ông', 'ơn', 'phú', 'uy', 'ưng', 'vinh'];
    expect(byKey([...order].reverse())).toEqual(order);
  });

  it('orders tones as dictionaries do, after the letters', () => {
    const order = ['ma', 'mà', 'mả', 'mã', 'má', 'mạ', 'mac', 'mác'];
    expect(byKey([...order].reverse())).toEqual(order);
  });

  it('takes numbers by value, and case for nothing', () => {
    expect(byKey(['Phòng 10', 'phòng 2', 'Phòng 1'])).toEqual(['Phòng 1', 'phòng 2', 'Phòng 10']);
    expect(sortKey('ĐỨC')).toBe(sortKey('đức'));
  });

  it('is the same for composed and decomposed text', () => {
    const name = 'Trường THPT Đặng Thuỳ Trâm';
    expect(sortKey(name.normalize('NFD'))).toBe(sortKey(name.normalize('NFC')));
  });
});
