import type { z } from 'zod';
import type {
  ConfigurationChangeResult,
  ConfigurationHistory,
  changeConfigurationBody,
  configurationHistoryQuery,
  DeviceConfiguration,
  DriftRow,
  driftQuery,
  revertConfigurationBody,
  UnitConfiguration,
} from '../../protocols/api/operation/configuration.ts';
import { findSetting } from '../../protocols/fleet/configuration/settings.ts';
import type { Clock } from '../../protocols/ports.ts';
import { ConflictError, InvalidInputError, inScope, NotFoundError, narrow, type Scope } from '../access/index.ts';
import type { Store, Trx } from '../store/index.ts';
import { decodeCursor, type Page, pageOfRows } from '../store/page.ts';
import { searchWords } from '../store/search.ts';
import { type Asked, type CheckedChange, checkChanges } from './check.ts';
import { type Effect, effectOf, type Told, withChanges } from './effect.ts';
import { indexOf, layersAt, layersAtUnit, type Place, type Wish } from './layers.ts';
import type {
  Author,
  ConfigurationAudit,
  ConfigurationOrganisation,
  ConfigurationRegistry,
  ConfigurationTwin,
  ConfiguredDevice,
} from './ports.ts';
import { readDrift, readStates, readWishes, writeWishes } from './rows.ts';
import { refOf, settingsOfDevice, viewOfWish } from './view.ts';

interface ConfigurationDeps {
  readonly store: Store;
  readonly registry: ConfigurationRegistry;
  readonly organisation: ConfigurationOrganisation;
  readonly twin: ConfigurationTwin;
  readonly audit: ConfigurationAudit;
  readonly clock: Clock;
}

type ChangeBody = z.output<typeof changeConfigurationBody>;
type RevertBody = z.output<typeof revertConfigurationBody>;
type HistoryQuery = z.output<typeof configurationHistoryQuery>;

/** How devices shall be set: wishes at units and devices, what they come to, and their history. */
export interface Configurations {
  ofUnit(scope: Scope, unit: number): Promise<UnitConfiguration>;
  ofDevice(scope: Scope, device: string): Promise<DeviceConfiguration>;
  /** Changes the wishes of one place as a whole, or tells what that would come to. Throws InvalidInputError, NotFoundError. */
  change(scope: Scope, author: Author, place: Place, body: ChangeBody): Promise<ConfigurationChangeResult>;
  /** Newest first. */
  history(scope: Scope, place: Place, query: HistoryQuery): Promise<Page<ConfigurationHistory>>;
  /** Sets back what a change has set. Throws ConflictError when something of it was changed again since. */
  revert(scope: Scope, author: Author, change: number, body: RevertBody): Promise<ConfigurationChangeResult>;
  drift(scope: Scope, query: z.output<typeof driftQuery>): Promise<Page<DriftRow>>;
}

/** Rows that the answer to a change shows. */
const mostRows = 100;

export function createConfigurations(deps: ConfigurationDeps): Configurations {
  const { store, registry, organisation, twin, audit, clock } = deps;
  const nameOf = (device: string) => registry.deviceOf(device)?.name ?? device;
  const wishView = (wish: Wish) => viewOfWish(wish, organisation, nameOf);

  /** Throws NotFoundError outside the scope. */
  const pathOf = (scope: Scope, place: Place): string => {
    if ('device' in place) return registry.requireDevice(scope, place.device).unitPath;
    const path = organisation.pathOf(place.unit);
    if (!inScope(scope, path)) throw new NotFoundError();
    return path;
  };
  const devicesAt = (place: Place, path: string): readonly ConfiguredDevice[] =>
    [...registry.devices()].filter(
      ({ id, family, unitPath, lifecycle }) =>
        lifecycle !== 'retired' &&
        ('device' in place
          ? id === place.device
          : unitPath.startsWith(path) && (place.family === undefined || place.family === family)),
    );

  const foresee = async (
    trx: Trx,
    place: Place,
    path: string,
    changes: readonly CheckedChange[],
  ): Promise<{ readonly effect: Effect; readonly agents: ReadonlySet<string> }> => {
    const wishes = await readWishes(trx, [path]);
    const told = new Map<string, ReadonlyMap<string, Told['state']>>();
    for (const { key } of changes) {
      const capability = findSetting(key)?.capability ?? '';
      if (!told.has(capability)) told.set(capability, await readStates(trx, path, capability));
    }
    const toldOf = (device: string, key: string): Told | undefined => {
      const states = told.get(findSetting(key)?.capability ?? '');
      return states?.has(device) ? { state: states.get(device) } : undefined;
    };
    const devices = devicesAt(place, path);
    const both = { before: indexOf(wishes), after: withChanges(wishes, place, changes) };
    const effect = effectOf(both, place, changes, devices, toldOf);
    // Whoever tells its abilities later must have been told as well.
    return { effect, agents: new Set(devices.map(({ agentId }) => agentId)) };
  };

  const write = async (
    trx: Trx,
    author: Author,
    place: Place,
    changes: readonly CheckedChange[],
    { reason, reverts }: { readonly reason: string; readonly reverts?: number },
  ): Promise<number> => {
    const at = new Date(clock.now());
    const before = await writeWishes(trx, place, changes, { name: author.name, at });
    const { id } = await trx
      .insertInto('configuration_change')
      .values({
        ...('unit' in place ? { unit_id: place.unit } : { device_id: place.device }),
        at,
        by_name: author.name,
        reason,
        changes: JSON.stringify(
          changes.map(({ key, after }) => ({
            key,
            ...('unit' in place ? { family: place.family } : {}),
            before: before.get(key),
            after,
          })),
        ),
        reverts: reverts ?? null,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  };

  const apply = async (
    path: string,
    author: Author,
    place: Place,
    changes: readonly CheckedChange[],
    options: { readonly reason: string; readonly dryRun: boolean; readonly reverts?: number },
  ): Promise<ConfigurationChangeResult> => {
    const { dryRun, reason } = options;
    const { effect, change } = await store.transaction(async (trx) => {
      const { effect, agents } = await foresee(trx, place, path, changes);
      if (dryRun) return { effect, change: undefined };
      const change = await write(trx, author, place, changes, options);
      await registry.reissue(trx, agents);
      return { effect, change };
    });
    if (change !== undefined) {
      await audit.append({
        actor: author.id,
        action: 'configuration.change',
        subject: 'unit' in place ? `unit:${place.unit}` : `device:${place.device}`,
        unitId: 'unit' in place ? place.unit : (registry.deviceOf(place.device)?.unitId ?? 0),
        reason,
        detail: {
          change,
          changes,
          ...('unit' in place ? { family: place.family } : {}),
          ...(options.reverts === undefined ? {} : { reverts: options.reverts }),
        },
      });
    }
    return resultOf(effect, change);
  };

  const resultOf = ({ rows, overridden, incapable }: Effect, change: number | undefined): ConfigurationChangeResult => {
    const outcomes: ConfigurationChangeResult['outcomes'] = {
      changes: 0,
      agrees: 0,
      untold: 0,
      impossible: 0,
      shown: 0,
      released: 0,
    };
    for (const { outcome } of rows) outcomes[outcome]++;
    type Json = NonNullable<ConfigurationChangeResult['rows'][number]['after']>;
    return {
      dryRun: change === undefined,
      devices: new Set(rows.map(({ device }) => device)).size,
      outcomes,
      excluded: { overridden, incapable },
      rows: rows.slice(0, mostRows).flatMap(({ device, key, before, after, reported, outcome }) => {
        const found = registry.deviceOf(device);
        if (!found) return [];
        return [
          {
            device: { id: device, name: found.name },
            unit: refOf(organisation, found.unitId),
            key,
            outcome,
            ...(before ? { before: before.value as Json } : {}),
            ...(after ? { after: after.value as Json } : {}),
            ...(reported === undefined ? {} : { reported: reported as Json }),
          },
        ];
      }),
      ...(change === undefined ? {} : { change }),
    };
  };

  /** Throws InvalidInputError for a family that nobody has, or one beside a device. */
  const placeFor = (place: Place, family: string | undefined): Place => {
    if (family === undefined) return place;
    if ('device' in place)
      throw new InvalidInputError('family', 'A wish of one device is for that device; leave the family out.');
    const known = registry.families().map(({ name }) => name);
    if (known.includes(family)) return { unit: place.unit, family };
    throw new InvalidInputError('family', `There is no family ${family}. Use one of: ${known.join(', ')}.`);
  };

  const cursorOf = (text: string | undefined) => {
    if (text === undefined) return undefined;
    const cursor = decodeCursor(text);
    if (!cursor) throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
    return cursor;
  };

  return {
    ofUnit: async (scope, unit) => {
      const path = pathOf(scope, { unit });
      const layers = layersAtUnit(indexOf(await readWishes(store.db, [path])), path);
      return {
        unit: refOf(organisation, unit),
        settings: layers.map(({ desired, hidden }) => ({
          key: desired.key,
          desired: wishView(desired),
          hidden: hidden.map(wishView),
        })),
      };
    },

    ofDevice: async (scope, id) => {
      const { unitPath, agentId, family } = registry.requireDevice(scope, id);
      const layers = layersAt(indexOf(await readWishes(store.db, [unitPath])), unitPath, { id, family });
      const agent = registry.agentOf(agentId);
      const isDelivered = agent !== undefined && agent.heldGeneration >= agent.desiredGeneration;
      const reported = await twin.reported(id);
      return { device: id, isDelivered, settings: settingsOfDevice(layers, reported, { isDelivered, wishView }) };
    },

    change: async (scope, author, at, { changes, family, ...options }) => {
      const path = pathOf(scope, at);
      const place = placeFor(at, family);
      return apply(path, author, place, checkChanges(place, changes), options);
    },

    history: async (scope, place, query) => {
      pathOf(scope, place);
      const [column, id] =
        'unit' in place ? (['unit_id', place.unit] as const) : (['device_id', place.device] as const);
      const after = cursorOf(query.cursor);
      const all = store.db.selectFrom('configuration_change').where(column, '=', id);
      const rows = await all
        .selectAll()
        .$if(after !== undefined, (chosen) => chosen.where('id', '<', Number(after?.id)))
        .orderBy('id', 'desc')
        .limit(query.limit + 1)
        .execute();
      const { total } = await all.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
      return pageOfRows(rows, query.limit, Number(total), (row) => ({ key: row.id, id: row.id }), historyView);
    },

    revert: async (scope, author, id, options) => {
      const row = await store.db.selectFrom('configuration_change').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row) throw new NotFoundError();
      const place: Place =
        row.unit_id === null
          ? { device: row.device_id ?? '' }
          : // One change is of one family.
            { unit: row.unit_id, family: row.changes[0]?.family };
      const path = pathOf(scope, place);
      await requireNewest(
        store,
        place,
        row.changes.map(({ key }) => key),
        id,
      );
      const asked: Asked[] = row.changes.map(({ key, before }) => ({ key, ...before }));
      return apply(path, author, place, checkChanges(place, asked), { ...options, reverts: id });
    },

    drift: async (scope, { unit, limit, cursor, q }) => {
      const within = unit === undefined ? scope : narrow(scope, organisation.pathOf(unit));
      if (within.paths.length === 0) throw new NotFoundError();
      const rows = await readDrift(store.db, within, { limit, after: cursorOf(cursor), words: searchWords(q) });
      const total = rows[0]?.total ?? 0;
      return pageOfRows(
        rows,
        limit,
        total,
        (row) => ({ key: row.name_sort, id: `${row.device_id} ${row.key}` }),
        (row) => ({
          device: { id: row.device_id, name: row.name },
          unit: refOf(organisation, row.unit_id),
          key: row.key,
          standing: row.standing,
          since: new Date(row.since).toISOString(),
          tries: row.tries,
          ...(row.problem ? { problem: row.problem } : {}),
        }),
      );
    },
  };
}

/** Throws ConflictError when one of these wishes was changed after the change that is to be taken back. */
async function requireNewest(store: Store, place: Place, keys: readonly string[], change: number): Promise<void> {
  const [column, id] = 'unit' in place ? (['unit_id', place.unit] as const) : (['device_id', place.device] as const);
  const later = await store.db
    .selectFrom('configuration_change')
    .select(['id', 'changes'])
    .where(column, '=', id)
    .where('id', '>', change)
    .execute();
  const again = later.flatMap(({ changes }) => changes.map(({ key }) => key)).find((key) => keys.includes(key));
  if (again !== undefined)
    throw new ConflictError(
      `${again} was changed again after this; take that change back first, or set the value you want.`,
    );
}

function historyView(row: {
  readonly id: number;
  readonly at: Date;
  readonly by_name: string;
  readonly reason: string;
  readonly changes: readonly { readonly key: string; readonly before?: unknown; readonly after?: unknown }[];
  readonly reverts: number | null;
}): ConfigurationHistory {
  return {
    id: row.id,
    at: row.at.toISOString(),
    by: row.by_name,
    reason: row.reason,
    // Written by this feature alone, from checked values.
    changes: row.changes as ConfigurationHistory['changes'],
    ...(row.reverts === null ? {} : { reverts: row.reverts }),
  };
}
