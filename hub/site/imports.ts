import type { z } from 'zod';
import type { ImportResult, ImportRow, importSiteQuery } from '../../protocols/api/organisation/imports.ts';
import type { Clock } from '../../protocols/ports.ts';
import { type Actor, ConflictError, InvalidInputError, inScope, type Scope } from '../access/index.ts';
import {
  dayOf,
  insertUnits,
  newNode,
  type Organisation,
  takeIds,
  type UnitNode,
  type UnitTree,
} from '../organisation/index.ts';
import type { Registry } from '../registry/index.ts';
import type { Sheet, SheetReader } from '../sheets/index.ts';
import type { Queries, Store, Trx } from '../store/index.ts';
import { planSite, type SiteFacts, type SitePlan, type SiteUnit } from './plan.ts';

type SiteQuery = z.output<typeof importSiteQuery>;

interface SiteImportsDeps {
  readonly store: Store;
  readonly organisation: Pick<Organisation, 'write' | 'read'>;
  readonly registry: Pick<Registry, 'insertDevices' | 'families'>;
  readonly reader: SheetReader;
  readonly clock: Clock;
}

/** Rooms and devices of one school out of one workbook, all or none. */
export interface SiteImports {
  /** Throws InvalidInputError `unit` or `reason`, ConflictError when a row is refused and it is not only tried. */
  importSite(scope: Scope, actor: Actor, query: SiteQuery, bytes: Uint8Array): Promise<ImportResult>;
}

/** Rows in an answer. */
const shownRows = 200;

export function createSiteImports(deps: SiteImportsDeps): SiteImports {
  const { organisation, registry, reader, clock } = deps;
  return {
    importSite: async (scope, actor, query, bytes) => {
      requireSchool(await organisation.read(), scope, query.unit);
      const read = await reader.read({ name: query.file, bytes });
      if ('refused' in read) return answer([], emptyPlan, { problem: read.refused });
      const { sheets } = read;
      if (query.dryRun === 'yes') {
        const tree = await organisation.read();
        const plan = planSite(sheets, await readFacts(deps, deps.store.db, tree, { scope, actor, unit: query.unit }));
        return answer(sheets, plan, plan.rows.length === 0 ? { problem: nothingFound } : {});
      }
      if (query.reason === undefined) throw new InvalidInputError('reason', 'Say why these devices are written.');
      return organisation.write(async (trx, tree) => {
        const facts = await readFacts(deps, trx, tree, { scope, actor, unit: query.unit });
        const plan = planSite(sheets, facts);
        if (plan.rows.some(({ outcome }) => outcome === 'refused'))
          throw new ConflictError('Some rows are refused, so nothing was written. Try it first.');
        const made = await writeRooms(trx, plan, dayOf(clock.now()));
        const idOf = (place: UnitNode | SiteUnit) =>
          'id' in place ? place.id : (made.get(place)?.id ?? facts.school.id);
        await registry.insertDevices(
          trx,
          actor,
          plan.devices.map(({ device, place }) => ({ ...device, unit: idOf(place) })),
        );
        return { put: [...made.values()], removed: [], result: { ...answer(sheets, plan, {}), dryRun: false } };
      });
    },
  };
}

const emptyPlan: SitePlan = { rows: [], units: [], devices: [] };
const nothingFound = {
  vi: 'Tệp không có trang tính "Phòng" hoặc "Thiết bị" nào có dữ liệu. Hãy tải tệp mẫu.',
  en: 'The file has no sheet "Phòng" (rooms) or "Thiết bị" (devices) with rows. Download the template.',
};

function requireSchool(tree: UnitTree, scope: Scope, id: number): UnitNode {
  const school = tree.get(id);
  if (!school || school.validTo !== undefined || !inScope(scope, school.path))
    throw new InvalidInputError('unit', 'There is no such unit.');
  if (school.kind !== 'school') throw new InvalidInputError('unit', 'Rooms and devices are those of one school.');
  return school;
}

interface Asked {
  readonly scope: Scope;
  readonly actor: Actor;
  readonly unit: number;
}

async function readFacts(
  deps: SiteImportsDeps,
  db: Queries,
  tree: UnitTree,
  { scope, actor, unit }: Asked,
): Promise<SiteFacts> {
  const school = requireSchool(tree, scope, unit);
  const agents = await db
    .selectFrom('agent')
    .innerJoin('unit', 'unit.id', 'agent.unit_id')
    .select(['agent.id', 'agent.name'])
    .where('unit.path', 'like', `${school.path}%`)
    .where('agent.status', '<>', 'revoked')
    .execute();
  const devices = await db
    .selectFrom('device')
    .innerJoin('unit', 'unit.id', 'device.unit_id')
    .select(['device.agent_id', 'device.family', 'device.name', 'device.unit_id', 'device.address'])
    .where('unit.path', 'like', `${school.path}%`)
    .execute();
  return {
    school,
    tree,
    agents,
    families: deps.registry.families(),
    devices: devices.map(({ agent_id: agent, family, name, unit_id: at, address }) => ({
      agent,
      family,
      name,
      unit: at,
      host: address?.host,
      port: address?.port,
    })),
    mayAddRooms: inScope(actor.scopeFor('manage-units'), school.path),
  };
}

async function writeRooms(trx: Trx, { units }: SitePlan, day: string): Promise<ReadonlyMap<SiteUnit, UnitNode>> {
  const ids = await takeIds(trx, units.length);
  const made = new Map<SiteUnit, UnitNode>();
  for (const [index, unit] of units.entries()) {
    const parent = 'id' in unit.parent ? unit.parent : made.get(unit.parent);
    const { kind, name, code, floor } = unit;
    made.set(unit, newNode({ id: ids[index] ?? 0, kind, name, code, floor, parent, validFrom: day, sample: false }));
  }
  await insertUnits(trx, [...made.values()]);
  return made;
}

const ranks: Readonly<Record<ImportRow['outcome'], number>> = { refused: 0, changed: 1, new: 2, unchanged: 3 };

function answer(sheets: readonly Sheet[], { rows }: SitePlan, more: Pick<ImportResult, 'problem'>): ImportResult {
  const counts = { new: 0, changed: 0, unchanged: 0, refused: 0 };
  for (const { outcome } of rows) counts[outcome]++;
  const shown = [...rows].sort((a, b) => ranks[a.outcome] - ranks[b.outcome]).slice(0, shownRows);
  return {
    dryRun: true,
    ...more,
    sheets: sheets.map(({ name }) => name),
    headerRow: 0,
    columns: [],
    mapping: {},
    counts,
    rows: shown,
  };
}
