import { describe, expect, it } from 'vitest';
import { familiesIn } from '../../../hub/dashboard/src/state/families.ts';

const rows = [
  { name: 'one-projector', label: { vi: 'Máy chiếu', en: 'Projector' } },
  { name: 'some-camera', label: { vi: 'Camera', en: 'Camera' } },
  { name: 'a-board', label: { vi: 'Bảng tương tác', en: 'Interactive board' } },
];

describe('families before people', () => {
  it('are told in the language of the reader, and by their raw name while nobody has told one', () => {
    expect(familiesIn('vi', rows).nameOf('one-projector')).toBe('Máy chiếu');
    expect(familiesIn('en', rows).nameOf('one-projector')).toBe('Projector');
    expect(familiesIn('vi', []).nameOf('one-projector')).toBe('one-projector');
  });

  it('are all offered by the filter, with the chosen one even when it is unknown', () => {
    expect(familiesIn('vi', rows).options('old-thing')).toEqual([
      { value: 'a-board', label: 'Bảng tương tác' },
      { value: 'some-camera', label: 'Camera' },
      { value: 'one-projector', label: 'Máy chiếu' },
      { value: 'old-thing', label: 'old-thing' },
    ]);
    expect(familiesIn('vi', rows).options('some-camera')).toHaveLength(3);
  });

  it('of the same label are told apart', () => {
    const two = [...rows, { name: 'other-projector', label: { vi: 'Máy chiếu', en: 'Projector' } }];
    const labels = familiesIn('en', two).options(undefined);
    expect(labels.map(({ label }) => label)).toContain('Projector (other-projector)');
    expect(new Set(labels.map(({ label }) => label)).size).toBe(4);
  });
});
