import type { CommandListRow, CommandsQuery, CommandView } from '../../protocols/api/operation/commands.ts';
import { deviceCondition, InvalidInputError, type Scope } from '../access/index.ts';
import { decodeCursor, type Page, pageOfRows } from '../store/page.ts';
import { openStates } from './machine.ts';
import type { CommandContext } from './ports.ts';
import { pictureFacts } from './rows.ts';
import { viewOf } from './view.ts';

/** The newest commands of a device, at most 100. */
export async function listOfDevice({ store, clock }: CommandContext, deviceId: string): Promise<CommandView[]> {
  const rows = await store.db
    .selectFrom('command')
    .selectAll()
    .where('device_id', '=', deviceId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(100)
    .execute();
  const ids = rows.map((row) => row.id);
  const pictures = await pictureFacts(store.db, ids, new Date(clock.now()));
  return rows.map((row) => viewOf(row, pictures.get(row.id)));
}

/** Where a list by time goes on. Throws InvalidInputError `cursor`. */
export function timeCursor(text: string | undefined): { readonly at: Date; readonly id: string } | undefined {
  if (text === undefined) return undefined;
  const cursor = decodeCursor(text);
  const at = new Date(Number(cursor?.key));
  if (!cursor || Number.isNaN(at.getTime()))
    throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
  return { at, id: String(cursor.id) };
}

/** Commands within the scope, newest first. Throws InvalidInputError `cursor`. */
export async function listCommands(
  { store, organisation }: CommandContext,
  scope: Scope,
  query: CommandsQuery,
): Promise<Page<CommandListRow>> {
  const after = timeCursor(query.cursor);
  let rows = store.db
    .selectFrom('command')
    .innerJoin('device', 'device.id', 'command.device_id')
    .innerJoin('unit', 'unit.id', 'device.unit_id')
    .where(deviceCondition(scope, 'unit.path', 'device.supplier_id'));
  if (query.batch !== undefined) rows = rows.where('command.batch_id', '=', query.batch);
  if (query.capability !== undefined) rows = rows.where('command.capability', '=', query.capability);
  if (query.state !== undefined)
    rows = rows.where('command.state', 'in', query.state === 'open' ? openStates : [query.state]);
  let page = rows
    .selectAll('command')
    .select(['device.name as device_name', 'device.unit_id'])
    .orderBy('command.created_at', 'desc')
    .orderBy('command.id', 'desc');
  if (after) {
    const { at } = after;
    page = page.where((eb) =>
      eb.or([
        eb('command.created_at', '<', at),
        eb.and([eb('command.created_at', '=', at), eb('command.id', '<', after.id)]),
      ]),
    );
  }
  const [fetched, { total }] = await Promise.all([
    page.limit(query.limit + 1).execute(),
    rows.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
  ]);
  return pageOfRows(
    fetched,
    query.limit,
    Number(total),
    (row) => ({ key: row.created_at.getTime(), id: row.id }),
    (row) => {
      const school = organisation.schoolOf(row.unit_id);
      const unit = organisation.refOf(row.unit_id);
      return { ...viewOf(row), deviceName: row.device_name, unit, ...(school ? { school } : {}) };
    },
  );
}
