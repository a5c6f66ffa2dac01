import { fold } from '../../../protocols/api/fold.ts';
import type { unitFields } from '../../../protocols/api/organisation/imports.ts';
import type { Field } from '../../sheets/index.ts';
import type { UnitKind } from '../../store/tables.ts';

export type UnitField = (typeof unitFields)[number];

/** How people head these columns; the first word of each is that of the template. */
export const fields: readonly Field<UnitField>[] = [
  {
    key: 'name',
    headers: [
      'ten don vi',
      'ten',
      'ten truong',
      'ten xa',
      'ten phong',
      'don vi',
      'name',
      'unit name',
      'school',
      'commune',
    ],
    isRequired: true,
  },
  {
    key: 'code',
    headers: ['ma don vi', 'ma', 'ma truong', 'ma xa', 'ma phong', 'ma so', 'code', 'unit code', 'id'],
  },
  { key: 'kind', headers: ['loai don vi', 'loai', 'kind', 'unit kind'] },
  {
    key: 'parent',
    headers: [
      'thuoc',
      'truc thuoc',
      'thuoc don vi',
      'don vi quan ly',
      'don vi cha',
      'xa phuong',
      'parent',
      'belongs to',
    ],
  },
  { key: 'type', headers: ['cap hoc', 'loai hinh', 'loai truong', 'type', 'level'] },
  { key: 'floor', headers: ['tang', 'lau', 'floor'] },
  { key: 'aliases', headers: ['ten cu', 'ten khac', 'alias', 'aliases', 'old name', 'old names'] },
  { key: 'validFrom', headers: ['tu ngay', 'hieu luc tu', 'ngay thanh lap', 'valid from', 'since'] },
];

/** Words of people for what the hub knows by one. */
const kindWords: Readonly<Record<Exclude<UnitKind, 'province'>, readonly string[]>> = {
  commune: ['xa, phuong', 'xa', 'phuong', 'dac khu', 'xa phuong', 'commune', 'ward'],
  office: ['phong chuyen mon', 'phong ban', 'office', 'division'],
  school: ['truong', 'truong hoc', 'school'],
  building: ['day nha', 'toa nha', 'nha', 'building'],
  room: ['phong', 'phong hoc', 'room'],
};

const typeWords: Readonly<Record<string, readonly string[]>> = {
  commune: ['xa', 'commune'],
  ward: ['phuong', 'ward'],
  'special-zone': ['dac khu', 'special-zone', 'special zone'],
  preschool: ['mam non', 'mau giao', 'mn', 'preschool'],
  primary: ['tieu hoc', 'th', 'primary'],
  'lower-secondary': ['thcs', 'trung hoc co so', 'lower-secondary', 'lower secondary'],
  'upper-secondary': ['thpt', 'trung hoc pho thong', 'upper-secondary', 'upper secondary'],
  'several-levels': ['lien cap', 'nhieu cap', 'th&thcs', 'th va thcs', 'several-levels'],
  continuing: ['gdtx', 'gdnn-gdtx', 'giao duc thuong xuyen', 'continuing'],
};

function find(words: Readonly<Record<string, readonly string[]>>, text: string): string | undefined {
  const folded = fold(text);
  return Object.entries(words).find(([key, names]) => key === folded || names.includes(folded))?.[0];
}

export function kindOf(text: string): Exclude<UnitKind, 'province'> | undefined {
  return find(kindWords, text) as Exclude<UnitKind, 'province'> | undefined;
}

export function typeOf(text: string): string | undefined {
  return find(typeWords, text);
}

/** A day as `2025-07-01` or as people write it, `1/7/2025`; undefined for anything that is no day. */
export function dayIn(text: string): string | undefined {
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  const local = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$/.exec(text);
  const [year, month, day] = iso ? [iso[1], iso[2], iso[3]] : [local?.[3], local?.[2], local?.[1]];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const written = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const at = new Date(`${written}T00:00:00Z`);
  return Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== written ? undefined : written;
}
