import { readFileSync } from 'node:fs';
import { ConflictError } from '../../access/index.ts';
import { readCsv, type Sheet } from '../../sheets/index.ts';
import { planUnits, type UnitPlan } from '../import/plan.ts';
import { makeUnits, requireUnused } from '../import/write.ts';
import type { Organisation } from '../organisation.ts';
import { deleteUnits } from '../rows.ts';

/** Levels that sample schools take in turn, with the word that stands in their name. */
const levels = [
  ['preschool', 'Mầm non'],
  ['primary', 'Tiểu học'],
  ['lower-secondary', 'THCS'],
  ['upper-secondary', 'THPT'],
] as const;
const roomsEach = 3;
const everything = { paths: ['/'] };

export interface SampleSettings {
  /** Sample schools a commune. */
  readonly schools: number;
  readonly today: string;
}

/**
 * Loads the real communes of Quảng Ngãi and invented schools that are marked as samples, under the root; what is there
 * already stays. Returns how many units it made.
 */
export async function loadSample(
  organisation: Pick<Organisation, 'write'>,
  root: number,
  { schools, today }: SampleSettings,
): Promise<number> {
  const file = 'quang-ngai-communes.csv';
  const communes = readCsv(file, readFileSync(new URL(file, import.meta.url)));
  const step = async (sheet: Sheet, kind: 'commune' | 'school' | 'room', sample: boolean) => {
    if (sheet.rows.length === 1) return 0;
    return organisation.write(async (trx, tree) => {
      const plan = planUnits(sheet, tree, {
        scope: everything,
        into: root,
        kind,
        today,
        headerRow: 0,
        mapping: columns(kind),
      });
      requireSound(plan);
      const put = await makeUnits(trx, plan.made, sample);
      return { put, removed: [], result: put.length };
    });
  };
  const names = communes.rows.slice(1).map(([code = '']) => code);
  const made = await step(communes, 'commune', false);
  const madeSchools = await step(sampleSchools(names, schools), 'school', true);
  return made + madeSchools + (await step(sampleRooms(names, schools), 'room', true));
}

/** Takes every unit away that is marked as a sample. Throws ConflictError when something was built on one. */
export function removeSample(organisation: Pick<Organisation, 'write'>): Promise<number> {
  return organisation.write(async (trx, tree) => {
    const ids = [...tree.all()].filter(({ sample }) => sample).map(({ id }) => id);
    await requireUnused(trx, tree, ids);
    await deleteUnits(trx, ids);
    return { put: [], removed: ids, result: ids.length };
  });
}

function columns(kind: 'commune' | 'school' | 'room') {
  return kind === 'commune' ? { code: 0, name: 1 } : { name: 0, code: 1, parent: 2, type: 3 };
}

function schoolsOf(communes: readonly string[], each: number) {
  return communes.flatMap((commune) =>
    Array.from({ length: each }, (_one, index) => ({ commune, code: `MAU-${commune}-${index + 1}` })),
  );
}

function sampleSchools(communes: readonly string[], each: number): Sheet {
  const rows = schoolsOf(communes, each).map(({ commune, code }, index) => {
    const [type, word] = levels[index % levels.length] ?? levels[0];
    return [`Trường mẫu ${word} ${index + 1}`, code, commune, type];
  });
  return { name: 'sample-schools', rows: [['Tên', 'Mã', 'Thuộc', 'Cấp học'], ...rows] };
}

function sampleRooms(communes: readonly string[], each: number): Sheet {
  const rows = schoolsOf(communes, each).flatMap(({ code }) =>
    Array.from({ length: roomsEach }, (_one, index) => [`Phòng ${index + 1}`, `P${index + 1}`, code, '']),
  );
  return { name: 'sample-rooms', rows: [['Tên', 'Mã', 'Thuộc', 'Cấp học'], ...rows] };
}

function requireSound({ rows }: UnitPlan): void {
  const refused = rows.find(({ outcome }) => outcome === 'refused');
  if (refused)
    throw new ConflictError(`${refused.name}: ${refused.errors[0]?.message.en ?? 'refused'} Nothing more was loaded.`);
}
