import type { Unit } from '../../../protocols/api/units.ts';
import { ConflictError, type Scope } from '../../access/index.ts';
import type { RoomToPrint } from '../../documents/index.ts';
import type { Features } from '../features.ts';

/** A large school has a hundred rooms; a whole province is not what anybody wants to print. */
const mostRooms = 500;

/**
 * The room itself, or all rooms below a unit; `below` is the scope narrowed to it. Throws ConflictError when there are none or
 * too many.
 */
export async function roomsToPrint(
  organisation: Pick<Features['organisation'], 'list'>,
  below: Scope,
  unit: Unit,
  publicUrl: string,
): Promise<readonly RoomToPrint[]> {
  if (unit.kind === 'room') return [roomToPrint(unit, publicUrl)];
  const { rows, total } = await organisation.list(below, { kind: 'room', limit: mostRooms });
  if (total > mostRooms) throw new ConflictError(`There are ${total} rooms here; choose one school or building.`);
  if (rows.length === 0) throw new ConflictError('There are no rooms here yet; add some first.');
  return rows.map((room) => roomToPrint(room, publicUrl));
}

function roomToPrint({ id, name, code, trail }: Unit, publicUrl: string): RoomToPrint {
  const place = trail.filter(({ kind }) => kind === 'school' || kind === 'building').map((unit) => unit.name);
  return { name, place, ...(code === undefined ? {} : { code }), url: `${publicUrl.replace(/\/$/, '')}/rooms/${id}` };
}
