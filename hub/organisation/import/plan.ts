import { fold } from '../../../protocols/api/fold.ts';
import type { ImportRow } from '../../../protocols/api/organisation/imports.ts';
import { InvalidInputError, inScope, type Scope } from '../../access/index.ts';
import { cellName, type Mapping, type Sheet } from '../../sheets/index.ts';
import type { UnitKind } from '../../store/tables.ts';
import { refusalOf, type UnitNode, type UnitTree } from '../tree.ts';
import { dayIn, kindOf, typeOf, type UnitField } from './fields.ts';

export interface ImportSettings {
  readonly scope: Scope;
  /** Under which unit rows without a parent come, and which no row leaves. */
  readonly into: number;
  readonly kind: Exclude<UnitKind, 'province'>;
  readonly headerRow: number;
  readonly mapping: Mapping<UnitField>;
  readonly today: string;
}

/** What a row says, read. */
interface Wanted {
  readonly kind: Exclude<UnitKind, 'province'>;
  readonly name: string;
  readonly code: string | undefined;
  readonly type: string | undefined;
  readonly floor: string | undefined;
  readonly aliases: readonly string[];
  readonly validFrom: string;
}

/** A unit that a row makes; its parent is a unit or another row's. */
export interface RowUnit extends Wanted {
  readonly row: number;
  readonly parent: UnitNode | RowUnit;
}

/** A unit that a row changes. */
export interface RowChange {
  readonly row: number;
  readonly unit: UnitNode;
  readonly name: string;
  readonly code: string | undefined;
  readonly type: string | undefined;
  readonly floor: string | undefined;
  readonly aliases: readonly string[];
}

export interface UnitPlan {
  readonly rows: readonly ImportRow[];
  /** Parents before what lies under them. */
  readonly made: readonly RowUnit[];
  readonly changed: readonly RowChange[];
}

type Place = UnitNode | RowUnit;
type Fault = (field: UnitField, vi: string, en: string) => void;

/** Longest texts that a unit takes. */
const most = { name: 200, code: 40, floor: 40, aliases: 20 } as const;
const order: readonly UnitKind[] = ['commune', 'office', 'school', 'building', 'room'];

/**
 * What a table of units would do to the organisation: by its code, or without one by its name under its parent, a row finds
 * its unit or makes one. Pure; nothing is written. Throws InvalidInputError `unit`.
 */
export function planUnits(sheet: Sheet, tree: UnitTree, settings: ImportSettings): UnitPlan {
  const into = tree.get(settings.into);
  if (!into || into.validTo !== undefined || !inScope(settings.scope, into.path))
    throw new InvalidInputError('unit', 'There is no such unit.');
  const work: Work = { tree, into, index: new PlaceIndex(tree, into), made: [], changed: [] };
  const read = sheet.rows
    .slice(settings.headerRow + 1)
    .map((cells, offset) => ({ cells, row: settings.headerRow + 2 + offset }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
    .map(({ cells, row }) => readRow(cells, row, settings));
  // A school's commune may stand further down in the same file.
  read.sort((a, b) => order.indexOf(a.wanted.kind) - order.indexOf(b.wanted.kind) || a.row - b.row);
  const rows = read.map((one) => ({
    sheet: sheet.name,
    row: one.row,
    outcome: planRow(work, one),
    name: one.wanted.name,
    errors: one.errors,
  }));
  return { rows: rows.sort((a, b) => a.row - b.row), made: work.made, changed: work.changed };
}

interface Work {
  readonly tree: UnitTree;
  readonly into: UnitNode;
  readonly index: PlaceIndex;
  readonly made: RowUnit[];
  readonly changed: RowChange[];
}

/** What one row comes to, with what earlier rows made in sight. */
function planRow(
  work: Work,
  { row, wanted, parentText, errors, fault }: ReturnType<typeof readRow>,
): ImportRow['outcome'] {
  const { tree, into, index } = work;
  const parent = findParent(index, into, wanted, parentText, fault);
  if (!parent) return 'refused';
  const known = index.find(wanted, parent);
  if (known) checkKnown(known, parent, index.rowOf(known), wanted, into, fault);
  else checkFits(tree, wanted, parent, fault);
  if (errors.length > 0) return 'refused';
  if (known && 'id' in known) {
    const change = changeOf(row, known, wanted);
    if (change) work.changed.push(change);
    index.claim(known, row);
    return change ? 'changed' : 'unchanged';
  }
  const unit = { ...wanted, row, parent };
  work.made.push(unit);
  index.add(unit);
  return 'new';
}

function readRow(cells: readonly string[], row: number, { mapping, kind: usual, today }: ImportSettings) {
  const errors: ImportRow['errors'] = [];
  const fault: Fault = (field, vi, en) => {
    errors.push({ cell: cellName(row - 1, mapping[field] ?? 0), field, message: { vi, en } });
  };
  const of = (field: UnitField) => {
    const column = mapping[field];
    return column === undefined ? '' : (cells[column] ?? '');
  };
  const name = of('name').replace(/\s+/g, ' ');
  if (name === '') fault('name', 'Thiếu tên.', 'The name is missing.');
  if (name.length > most.name) fault('name', 'Tên dài quá 200 ký tự.', 'The name is longer than 200 characters.');
  if (of('code').length > most.code) fault('code', 'Mã dài quá 40 ký tự.', 'The code is longer than 40 characters.');
  if (of('floor').length > most.floor)
    fault('floor', 'Tầng dài quá 40 ký tự.', 'The floor is longer than 40 characters.');
  const kind = word(of('kind'), kindOf, (text) =>
    fault('kind', `Không có loại đơn vị "${text}".`, `There is no kind of unit "${text}".`),
  );
  const type = word(of('type'), typeOf, (text) => fault('type', `Không rõ "${text}".`, `"${text}" is not known here.`));
  const validFrom = word(of('validFrom'), dayIn, (text) =>
    fault('validFrom', `"${text}" không phải ngày (1/7/2025).`, `"${text}" is no day (2025-07-01).`),
  );
  if (validFrom !== undefined && validFrom > today)
    fault('validFrom', 'Ngày ở tương lai.', 'The day is in the future.');
  const aliases = of('aliases')
    .split(';')
    .map((alias) => alias.trim().slice(0, most.name))
    .filter((alias) => alias !== '')
    .slice(0, most.aliases);
  const optional = (text: string) => (text === '' ? undefined : text);
  const wanted: Wanted = {
    kind: kind ?? usual,
    name,
    code: optional(of('code')),
    type,
    floor: optional(of('floor')),
    aliases,
    validFrom: validFrom ?? today,
  };
  return { row, wanted, parentText: of('parent'), errors, fault };
}

/** What a cell says in words of ours; nothing when it is empty. */
function word<T>(text: string, read: (text: string) => T | undefined, unknown: (text: string) => void): T | undefined {
  if (text === '') return undefined;
  const found = read(text);
  if (found === undefined) unknown(text);
  return found;
}

function findParent(
  index: PlaceIndex,
  into: UnitNode,
  { kind }: Wanted,
  text: string,
  fault: Fault,
): Place | undefined {
  if (text === '') return into;
  const found = index.parents(text, kind);
  const [only] = found;
  if (only && found.length === 1) return only;
  if (found.length === 0)
    fault('parent', `Không tìm thấy "${text}" trong ${into.name}.`, `There is no "${text}" in ${into.name}.`);
  else
    fault(
      'parent',
      `Có ${found.length} đơn vị tên "${text}": hãy ghi mã.`,
      `${found.length} units are called "${text}": give the code.`,
    );
  return undefined;
}

function checkKnown(
  known: Place,
  parent: Place,
  earlier: number | undefined,
  wanted: Wanted,
  into: UnitNode,
  fault: Fault,
): void {
  if (earlier !== undefined || !('id' in known))
    fault(
      wanted.code === undefined ? 'name' : 'code',
      `Trùng với dòng ${earlier} của tệp này.`,
      `This is the unit of row ${earlier} once more.`,
    );
  else if (!known.path.startsWith(into.path))
    fault('code', `Mã này là của đơn vị ngoài ${into.name}.`, `This code is that of a unit outside of ${into.name}.`);
  else if (!('id' in parent) || known.parent !== parent.id)
    fault(
      'parent',
      'Đơn vị này đang thuộc nơi khác: hãy dùng lệnh Chuyển.',
      'This unit stands elsewhere: move it by Move, which is dated.',
    );
}

function checkFits(tree: UnitTree, { kind }: Wanted, parent: Place, fault: Fault): void {
  const refusal = refusalOf(kind, 'id' in parent ? tree.trail(parent.id) : [parent]);
  if (refusal) fault('parent', 'Loại đơn vị này không nằm ở đó.', `Not possible: ${refusal}.`);
}

function changeOf(row: number, unit: UnitNode, wanted: Wanted): RowChange | undefined {
  const { name, code = unit.code, type = unit.type, floor = unit.floor } = wanted;
  const names = new Set([...unit.aliases, ...wanted.aliases, unit.name]);
  names.delete(name);
  const isSame =
    name === unit.name &&
    code === unit.code &&
    type === unit.type &&
    floor === unit.floor &&
    names.size === unit.aliases.length;
  return isSame ? undefined : { row, unit, name, code, type, floor, aliases: [...names] };
}

/** Units and rows by what a table may call them. */
class PlaceIndex {
  readonly #byCode = new Map<string, Place>();
  readonly #byName = new Map<string, Place>();
  /** Folded code or name, for what stands in a column of parents. */
  readonly #byWord = new Map<string, Place[]>();
  readonly #claimed = new Map<number, number>();

  constructor(tree: UnitTree, into: UnitNode) {
    for (const unit of tree.all()) {
      if (unit.validTo !== undefined) continue;
      const key = String(unit.parent);
      if (unit.code !== undefined) this.#byCode.set(codeKey(unit.kind, unit.code, key), unit);
      if (!unit.path.startsWith(into.path)) continue;
      this.#byName.set(nameKey(unit.kind, unit.name, key), unit);
      this.#name(unit);
    }
  }

  /** The unit or row that this is: by its code, or by its name when no other code tells them apart. */
  find({ kind, code, name }: Wanted, parent: Place): Place | undefined {
    const key = keyOf(parent);
    const byCode = code === undefined ? undefined : this.#byCode.get(codeKey(kind, code, key));
    const byName = this.#byName.get(nameKey(kind, name, key));
    const isOther = code !== undefined && byName?.code !== undefined && byName.code !== code;
    return byCode ?? (isOther ? undefined : byName);
  }

  /** The row that was about this one before; a second one is a mistake. */
  rowOf(place: Place): number | undefined {
    return 'id' in place ? this.#claimed.get(place.id) : place.row;
  }

  claim(unit: UnitNode, row: number): void {
    this.#claimed.set(unit.id, row);
  }

  add(unit: RowUnit): void {
    const key = keyOf(unit.parent);
    if (unit.code !== undefined) this.#byCode.set(codeKey(unit.kind, unit.code, key), unit);
    this.#byName.set(nameKey(unit.kind, unit.name, key), unit);
    this.#name(unit);
  }

  /** What a word in a column of parents may mean for a unit of this kind; a code goes before a name. */
  parents(text: string, kind: UnitKind): readonly Place[] {
    const fitting = (this.#byWord.get(fold(text)) ?? []).filter((place) => !refusalOf(kind, [place]));
    const byCode = fitting.filter(({ code }) => code !== undefined && fold(code) === fold(text));
    return byCode.length > 0 ? byCode : fitting;
  }

  #name(place: Place): void {
    for (const word of new Set([place.name, place.code ?? place.name].map(fold))) {
      const places = this.#byWord.get(word) ?? [];
      places.push(place);
      this.#byWord.set(word, places);
    }
  }
}

/** Codes of rooms and buildings count within their parent. */
function codeKey(kind: UnitKind, code: string, parent: string): string {
  return `${kind} ${kind === 'room' || kind === 'building' ? parent : ''} ${code}`;
}

function nameKey(kind: UnitKind, name: string, parent: string): string {
  return `${kind} ${parent} ${fold(name)}`;
}

function keyOf(place: Place): string {
  return 'id' in place ? String(place.id) : `row ${place.row}`;
}
