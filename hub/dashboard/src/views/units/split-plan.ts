import type { SchoolStock } from '../../data/organisation.ts';

/** Where a room or agent goes: the place of the new school in the list. What is absent stays. */
export type Targets<K> = ReadonlyMap<K, number>;

/** Where a room goes: with its building, or by itself. */
export function targetOfRoom({ rooms }: SchoolStock, targets: Targets<number>, id: number): number | undefined {
  const parent = rooms.find((room) => room.id === id)?.parent;
  return (parent === undefined ? undefined : targets.get(parent)) ?? targets.get(id);
}

/** Units of an agent's devices that do not stand where the agent itself does. */
function placesOf({ devices }: SchoolStock, agent: SchoolStock['agents'][number]): number[] {
  return [
    ...new Set(devices.filter((one) => one.agent === agent.id && one.unit !== agent.unit).map(({ unit }) => unit)),
  ];
}

/** Agents that go with rooms by themselves: they stand in one, or all rooms that they look after go to one new school. */
export function followers(stock: SchoolStock, rooms: Targets<number>): Targets<string> {
  return new Map(
    stock.agents.flatMap((agent): [string, number][] => {
      const own = targetOfRoom(stock, rooms, agent.unit);
      if (own !== undefined) return [[agent.id, own]];
      const [target, ...others] = new Set(placesOf(stock, agent).map((unit) => targetOfRoom(stock, rooms, unit)));
      return target === undefined || others.length > 0 ? [] : [[agent.id, target]];
    }),
  );
}

/** Rooms in which this agent has devices that would go elsewhere than the agent does: it cannot be torn apart. */
export function tornRooms(
  stock: SchoolStock,
  rooms: Targets<number>,
  agent: SchoolStock['agents'][number],
  target: number | undefined,
): readonly string[] {
  const names = new Map(stock.rooms.map(({ id, name }) => [id, name]));
  return placesOf(stock, agent)
    .filter((unit) => targetOfRoom(stock, rooms, unit) !== target)
    .map((unit) => names.get(unit) ?? String(unit));
}
