import { ConflictError, InvalidInputError } from '../access/index.ts';
import type { Trx } from '../store/index.ts';
import type { UnitNode } from './tree.ts';

/** An agent that goes to another school with its rooms. */
export interface Passenger {
  readonly id: string;
  readonly from: number;
  /** Where the agent and what stood beside it will be; its own unit when that lies among the rooms. */
  readonly to: number;
}

/**
 * Which agents go along when a building or room goes to another school: those that are named, and that leave no device
 * behind in a room that stays. Throws ConflictError, naming agents whose devices would be torn from them, or
 * InvalidInputError `change.agents`.
 */
export async function readAgentsGoing(
  trx: Trx,
  moved: UnitNode,
  to: UnitNode,
  named: readonly string[],
): Promise<readonly Passenger[]> {
  const devices = await trx
    .selectFrom('device')
    .innerJoin('unit', 'unit.id', 'device.unit_id')
    .innerJoin('agent', 'agent.id', 'device.agent_id')
    .innerJoin('unit as home', 'home.id', 'agent.unit_id')
    .select(['device.unit_id', 'unit.path', 'agent.id', 'agent.name', 'agent.unit_id as home', 'home.path as homePath'])
    .where((eb) => {
      const inside = eb
        .selectFrom('device as other')
        .innerJoin('unit as place', 'place.id', 'other.unit_id')
        .select('other.agent_id')
        .where('place.path', 'like', `${moved.path}%`);
      return eb.or([eb('device.agent_id', 'in', inside), eb('home.path', 'like', `${moved.path}%`)]);
    })
    .execute();
  const byAgent = Map.groupBy(devices, ({ id }) => id);
  const unknown = named.find((id) => !byAgent.has(id));
  if (unknown !== undefined)
    throw new InvalidInputError('change.agents', `No device of agent ${unknown} stands in ${moved.name}.`);
  return [...byAgent].map(([id, own]) => {
    const [first] = own;
    if (!first) throw new ConflictError(`Agent ${id} has no device.`);
    const livesInside = first.homePath.startsWith(moved.path);
    const torn = own.find(({ path, unit_id: at }) => !path.startsWith(moved.path) && at !== first.home);
    const left = livesInside && own.some(({ path }) => !path.startsWith(moved.path));
    if (torn || left)
      throw new ConflictError(
        `Agent ${first.name} also has devices elsewhere: give those rooms an agent of their own first.`,
      );
    if (!livesInside && !named.includes(id))
      throw new ConflictError(
        `Devices of agent ${first.name} (${id}) stand in ${moved.name}: name it, so that it goes along.`,
      );
    return { id, from: first.home, to: livesInside ? first.home : to.id };
  });
}

/** Brings agents, and what stood beside them, to their new unit. */
export async function rehomeAgents(trx: Trx, going: readonly Passenger[]): Promise<void> {
  for (const { id, from, to } of going) {
    if (from === to) continue;
    await trx.updateTable('agent').set({ unit_id: to }).where('id', '=', id).execute();
    await trx
      .updateTable('device')
      .set({ unit_id: to })
      .where('agent_id', '=', id)
      .where('unit_id', '=', from)
      .execute();
    await trx
      .updateTable('cause')
      .set({ unit_id: to })
      .where('agent_id', '=', id)
      .where('unit_id', '=', from)
      .execute();
  }
}
