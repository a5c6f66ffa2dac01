import type { z } from 'zod';
import { addDeviceBody } from '../../protocols/api/devices.ts';
import { fold } from '../../protocols/api/fold.ts';
import type { ImportRow } from '../../protocols/api/organisation/imports.ts';
import type { UnitNode, UnitTree } from '../organisation/index.ts';
import type { PlacedDevice } from '../registry/index.ts';
import { cellName, guessColumns, type Mapping, type Sheet } from '../sheets/index.ts';
import { type DeviceField, deviceColumns, type RoomField, roomColumns, sheetNames } from './fields.ts';

/** What is known of the school that a table is about. */
export interface SiteFacts {
  readonly school: UnitNode;
  readonly tree: UnitTree;
  /** Agents of the school. */
  readonly agents: readonly { readonly id: string; readonly name: string }[];
  readonly families: readonly { readonly name: string; readonly label: { readonly vi: string; readonly en: string } }[];
  /** Devices that stand: by agent and family, with their address or their name and place. */
  readonly devices: readonly {
    readonly agent: string;
    readonly family: string;
    readonly name: string;
    readonly unit: number;
    readonly host: string | undefined;
    readonly port: number | undefined;
  }[];
  /** Whether whoever asks may add rooms. */
  readonly mayAddRooms: boolean;
}

/** A building or room that a row makes. */
export interface SiteUnit {
  readonly kind: 'building' | 'room';
  readonly name: string;
  readonly code: string | undefined;
  readonly floor: string | undefined;
  readonly parent: UnitNode | SiteUnit;
}

/** A device that a row makes. */
export interface SiteDevice {
  readonly device: Omit<PlacedDevice, 'unit'>;
  readonly place: UnitNode | SiteUnit;
}

export interface SitePlan {
  readonly rows: readonly ImportRow[];
  /** Buildings before their rooms. */
  readonly units: readonly SiteUnit[];
  readonly devices: readonly SiteDevice[];
}

type Place = UnitNode | SiteUnit;

/** What the two sheets of a school would make; rows that are there already stay as they are. Pure. */
export function planSite(sheets: readonly Sheet[], facts: SiteFacts): SitePlan {
  const named = (names: readonly string[]) => sheets.find(({ name }) => names.includes(fold(name)));
  const rooms = named(sheetNames.rooms);
  const devices = named(sheetNames.devices);
  const places = new Places(facts);
  const first = rooms ? planRooms(rooms, facts, places) : [];
  const second = devices ? planDevices(devices, facts, places) : { rows: [], devices: [] };
  return { rows: [...first, ...second.rows], units: places.made, devices: second.devices };
}

/** Rows of a sheet below its header, each with what it says and where to tell what is wrong with it. */
function* rowsOf<K extends string>(sheet: Sheet, columns: Parameters<typeof guessColumns<K>>[1]) {
  const { headerRow, mapping } = guessColumns(sheet, columns);
  for (const [offset, cells] of sheet.rows.slice(headerRow + 1).entries()) {
    if (cells.every((cell) => cell === '')) continue;
    yield new Row(sheet.name, headerRow + 2 + offset, cells, mapping);
  }
}

class Row<K extends string> {
  readonly errors: ImportRow['errors'] = [];
  readonly row: number;
  readonly #sheet: string;
  readonly #cells: readonly string[];
  readonly #mapping: Mapping<K>;

  constructor(sheet: string, row: number, cells: readonly string[], mapping: Mapping<K>) {
    this.#sheet = sheet;
    this.row = row;
    this.#cells = cells;
    this.#mapping = mapping;
  }

  of(field: K): string {
    const column = this.#mapping[field];
    return column === undefined ? '' : (this.#cells[column] ?? '');
  }

  optional(field: K): string | undefined {
    return this.of(field) === '' ? undefined : this.of(field);
  }

  fault(field: K, vi: string, en: string): void {
    this.errors.push({ cell: cellName(this.row - 1, this.#mapping[field] ?? 0), field, message: { vi, en } });
  }

  result(outcome: ImportRow['outcome'], name: string): ImportRow {
    return {
      sheet: this.#sheet,
      row: this.row,
      outcome: this.errors.length > 0 ? 'refused' : outcome,
      name,
      errors: this.errors,
    };
  }
}

const roomLengths = [
  ['room', 200],
  ['building', 200],
  ['code', 40],
  ['floor', 40],
] as const;

function planRooms(sheet: Sheet, facts: SiteFacts, places: Places): ImportRow[] {
  return [...rowsOf<RoomField>(sheet, roomColumns)].map((row) =>
    row.result(planRoom(row, facts, places), row.of('room')),
  );
}

function planRoom(row: Row<RoomField>, facts: SiteFacts, places: Places): ImportRow['outcome'] {
  const name = row.of('room');
  if (name === '') row.fault('room', 'Thiếu tên phòng.', 'The room is missing.');
  for (const [field, most] of roomLengths)
    if (row.of(field).length > most) row.fault(field, `Dài quá ${most} ký tự.`, `Longer than ${most} characters.`);
  if (row.errors.length > 0) return 'refused';
  const building = row.optional('building');
  const known = places.room(name, row.optional('code'), building);
  if (known && 'id' in known) return 'unchanged';
  if (known) row.fault('room', 'Phòng này đã có ở dòng trên.', 'This room stands in a row above.');
  else if (!facts.mayAddRooms) row.fault('room', 'Bạn không có quyền thêm phòng.', 'You may not add rooms.');
  else {
    const parent = building === undefined ? facts.school : places.building(building);
    places.add({ kind: 'room', name, code: row.optional('code'), floor: row.optional('floor'), parent });
  }
  return 'new';
}

function planDevices(sheet: Sheet, facts: SiteFacts, places: Places) {
  const seen = new Set(facts.devices.flatMap(keysOf));
  const devices: SiteDevice[] = [];
  const rows = [...rowsOf<DeviceField>(sheet, deviceColumns)].map((row) => {
    const name = row.of('name');
    const place = findPlace(row, places, facts.school);
    const device = readDevice(row, facts);
    if (!place || !device || row.errors.length > 0) return row.result('refused', name);
    const { host, port } = device.address ?? {};
    const keys = keysOf({ ...device, unit: 'id' in place ? place.id : `new ${place.name}`, host, port });
    if (keys.some((key) => seen.has(key))) return row.result('unchanged', name);
    for (const key of keys) seen.add(key);
    devices.push({ device, place });
    return row.result('new', name);
  });
  return { rows, devices };
}

/** What makes two rows one device: its address, or without one its name in its room. */
function keysOf(device: {
  readonly agent: string;
  readonly family: string;
  readonly name: string;
  readonly unit: number | string;
  readonly host: string | undefined;
  readonly port: number | undefined;
}): string[] {
  const { agent, family, host, port, unit, name } = device;
  return host === undefined
    ? [`${agent} ${family} ${unit} ${fold(name)}`]
    : [`${agent} ${family} ${host.toLowerCase()}:${port ?? ''}`];
}

function findPlace(row: Row<DeviceField>, places: Places, school: UnitNode): Place | undefined {
  const text = row.of('room');
  if (text === '') return school;
  const found = places.called(text);
  if (found.length === 0) row.fault('room', `Không có phòng "${text}".`, `There is no room "${text}".`);
  if (found.length > 1)
    row.fault(
      'room',
      `Có ${found.length} phòng "${text}": hãy ghi mã phòng.`,
      `${found.length} rooms are called "${text}": give the code.`,
    );
  return found.length === 1 ? found[0] : undefined;
}

function readDevice(row: Row<DeviceField>, facts: SiteFacts): Omit<PlacedDevice, 'unit'> | undefined {
  const agent = findAgent(row, facts.agents);
  const family = findFamily(row, facts.families);
  const settings = readSettings(row);
  const body: z.input<typeof addDeviceBody> = {
    agent: agent ?? '',
    family: family ?? 'unknown',
    name: row.of('name'),
    ...readAddress(row),
    ...readCredentials(row),
    settings: settings ?? {},
  };
  const parsed = addDeviceBody.safeParse(body);
  if (!parsed.success) {
    // The value is not told: it may be a password.
    for (const { path } of parsed.error.issues) {
      const field = fieldOf[String(path.at(-1))] ?? 'settings';
      const { vi, en } = wrongTexts[field] ?? { vi: 'Giá trị không hợp lệ.', en: 'This value cannot be taken.' };
      row.fault(field, vi, en);
    }
    return undefined;
  }
  const { unit: _unit, ...device } = parsed.data;
  return { ...device, serial: row.optional('serial')?.slice(0, 200) };
}

const wrongTexts: Readonly<Partial<Record<DeviceField, { readonly vi: string; readonly en: string }>>> = {
  port: { vi: 'Cổng là một số từ 1 đến 65535.', en: 'A port is a number from 1 to 65535.' },
  name: { vi: 'Thiếu tên, hoặc tên dài quá 200 chữ.', en: 'The name is missing or longer than 200 letters.' },
};

/** An IPv4 or IPv6 address, or a name of the network: no spaces, no marks, no address of a page. */
const hostPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,254}$/;

function readAddress(row: Row<DeviceField>): Pick<z.input<typeof addDeviceBody>, 'address'> {
  const [host, port] = [row.optional('host'), row.optional('port')];
  if (host !== undefined && !hostPattern.test(host))
    row.fault(
      'host',
      'Địa chỉ mạng là số IP như 192.168.1.20, hoặc tên máy không dấu.',
      'An address is an IP such as 192.168.1.20, or the name of a machine.',
    );
  if (host !== undefined) return { address: { host, ...(port === undefined ? {} : { port: Number(port) }) } };
  if (port !== undefined) row.fault('host', 'Có cổng mà thiếu địa chỉ.', 'There is a port but no address.');
  return {};
}

function readCredentials(row: Row<DeviceField>): Pick<z.input<typeof addDeviceBody>, 'credentials'> {
  const [username, password] = [row.optional('username'), row.optional('password')];
  if (username === undefined && password === undefined) return {};
  return {
    credentials: { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) },
  };
}

const fieldOf: Readonly<Record<string, DeviceField>> = {
  name: 'name',
  host: 'host',
  port: 'port',
  username: 'username',
  password: 'password',
  family: 'family',
  agent: 'agent',
};

function findAgent(row: Row<DeviceField>, agents: SiteFacts['agents']): string | undefined {
  const text = row.of('agent');
  const found = text === '' ? agents : agents.filter(({ id, name }) => id === text || fold(name) === fold(text));
  const [only] = found;
  if (only && found.length === 1) return only.id;
  if (agents.length === 0) row.fault('agent', 'Trường chưa có bộ thu thập nào.', 'The school has no agent yet.');
  else if (text === '')
    row.fault('agent', 'Trường có nhiều bộ thu thập: hãy ghi rõ.', 'The school has several agents: say which.');
  else row.fault('agent', `Không có bộ thu thập "${text}".`, `There is no one agent "${text}".`);
  return undefined;
}

function findFamily(row: Row<DeviceField>, families: SiteFacts['families']): string | undefined {
  const text = fold(row.of('family'));
  const found = families.find(({ name, label }) => [name, label.vi, label.en].some((word) => fold(word) === text));
  if (!found)
    row.fault('family', `Không rõ loại thiết bị "${row.of('family')}".`, `No agent speaks to "${row.of('family')}".`);
  return found?.name;
}

/** A JSON object, or `key=value; key=value`, where numbers and yes or no are read as such. */
function readSettings(row: Row<DeviceField>): Record<string, unknown> | undefined {
  const text = row.of('settings');
  if (text === '') return {};
  if (text.startsWith('{')) {
    // What PostgreSQL cannot store as text may be escaped in JSON.
    if (/\\u(0000|d[89a-f])/i.test(text)) {
      row.fault('settings', 'Có ký tự không lưu được.', 'It holds characters that cannot be stored.');
      return undefined;
    }
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch {
      row.fault('settings', 'JSON sai cú pháp.', 'This is no JSON object.');
      return undefined;
    }
  }
  const pairs = text
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '');
  const entries = pairs.map((pair) => /^([A-Za-z][\w.-]*)\s*=\s*(.*)$/.exec(pair));
  if (entries.some((entry) => entry === null)) {
    row.fault('settings', 'Ghi dạng ten=gia-tri; hoặc JSON.', 'Write key=value; or JSON.');
    return undefined;
  }
  return Object.fromEntries(entries.map((entry) => [entry?.[1] ?? '', readValue(entry?.[2] ?? '')]));
}

function readValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Buildings and rooms of the school, and those that rows make. */
class Places {
  readonly made: SiteUnit[] = [];
  readonly #school: UnitNode;
  readonly #units: UnitNode[];

  constructor({ tree, school }: Pick<SiteFacts, 'tree' | 'school'>) {
    this.#school = school;
    this.#units = tree.subtree(school.path).filter(({ validTo }) => validTo === undefined);
  }

  #rooms(): Place[] {
    return [...this.#units, ...this.made].filter(({ kind }) => kind === 'room');
  }

  #inBuilding(room: Place, building: string | undefined): boolean {
    const parent = 'id' in room ? this.#units.find(({ id }) => id === room.parent) : room.parent;
    const isBuilding = parent?.kind === 'building';
    return building === undefined ? !isBuilding : isBuilding && fold(parent.name) === fold(building);
  }

  room(name: string, code: string | undefined, building: string | undefined): Place | undefined {
    const here = this.#rooms().filter((room) => this.#inBuilding(room, building));
    const byCode = code === undefined ? undefined : here.find((room) => room.code === code);
    return (
      byCode ?? here.find((room) => fold(room.name) === fold(name) && (code === undefined || room.code === undefined))
    );
  }

  building(name: string): Place {
    const found = [...this.#units, ...this.made].find(
      (unit) => unit.kind === 'building' && fold(unit.name) === fold(name),
    );
    return found ?? this.add({ kind: 'building', name, code: undefined, floor: undefined, parent: this.#school });
  }

  /** Rooms by code, or else by name. */
  called(text: string): readonly Place[] {
    const rooms = this.#rooms();
    const byCode = rooms.filter(({ code }) => code !== undefined && fold(code) === fold(text));
    return byCode.length > 0 ? byCode : rooms.filter(({ name }) => fold(name) === fold(text));
  }

  add(unit: SiteUnit): SiteUnit {
    this.made.push(unit);
    return unit;
  }
}
