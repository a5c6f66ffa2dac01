import type { z } from 'zod';
import type { unitChangeSchema } from '../../protocols/api/organisation/changes.ts';
import { ConflictError, InvalidInputError } from '../access/index.ts';
import type { Trx } from '../store/index.ts';
import { type Passenger, rehomeAgents } from './passengers.ts';
import { move, requireFreeCode, requireOpen } from './reshape.ts';
import { insertUnits, newNode, takeIds, updateUnits } from './rows.ts';
import type { UnitNode, UnitTree } from './tree.ts';
import { type Changed, countEffects, finish, type Note, note, type Work } from './work.ts';

type Wanted = Extract<z.output<typeof unitChangeSchema>, { kind: 'split' }>['into'][number];

/** A new school with the rooms and buildings that it gets. */
interface Part {
  readonly unit: UnitNode;
  readonly moved: readonly UnitNode[];
  readonly agents: readonly string[];
}

/** An agent of the school that is split, and where its devices stand. */
export interface Resident {
  readonly id: string;
  readonly name: string;
  readonly home: Pick<UnitNode, 'id' | 'path'>;
  readonly devices: readonly Pick<UnitNode, 'id' | 'path' | 'name'>[];
}

/** Where something goes: the place of the new school in the list, or undefined when it stays. */
type Target = number | undefined;

/**
 * Which agents go to which new school: those that are named, and those that stand in a room which goes. An agent and its
 * devices are never torn apart. Pure. Throws InvalidInputError `change.into` or ConflictError, naming agent and room.
 */
export function planResidents(
  parts: readonly {
    readonly unit: Pick<UnitNode, 'name'>;
    readonly moved: readonly Pick<UnitNode, 'path'>[];
    readonly agents: readonly string[];
  }[],
  residents: readonly Resident[],
): ReadonlyMap<string, number> {
  const named = new Map<string, number>();
  parts.forEach(({ agents }, at) => {
    for (const id of agents) {
      if (named.has(id)) throw new InvalidInputError('change.into', `Agent ${id} is named twice.`);
      if (!residents.some((agent) => agent.id === id))
        throw new InvalidInputError('change.into', `The school has no agent ${id}.`);
      named.set(id, at);
    }
  });
  const targetOf = (path: string): Target => {
    const at = parts.findIndex(({ moved }) => moved.some((unit) => path.startsWith(unit.path)));
    return at < 0 ? undefined : at;
  };
  const nameOf = (target: Target) => (target === undefined ? 'the school that is split' : parts[target]?.unit.name);
  const going = new Map<string, number>();
  for (const agent of residents) {
    const byRoom = targetOf(agent.home.path);
    const target = named.get(agent.id) ?? byRoom;
    if (byRoom !== undefined && byRoom !== target)
      throw new ConflictError(`Agent ${agent.name} (${agent.id}) stands in a room that goes to ${nameOf(byRoom)}.`);
    // What stands where the agent itself does goes with it.
    const torn = agent.devices.find(({ id, path }) => id !== agent.home.id && targetOf(path) !== target);
    if (torn)
      throw new ConflictError(
        `Agent ${agent.name} (${agent.id}) goes to ${nameOf(target)}, but its devices in ${torn.name} go to ` +
          `${nameOf(targetOf(torn.path))}: let them go together, or give those rooms an agent of their own first.`,
      );
    if (target !== undefined) going.set(agent.id, target);
  }
  return going;
}

/** Cuts new schools out of one. Throws InvalidInputError or ConflictError. */
export async function splitSchool(work: Work, into: readonly Wanted[]): Promise<Changed> {
  const { trx, tree, unit: school } = work;
  requireOpen(school);
  if (school.kind !== 'school') throw new InvalidInputError('change.kind', 'Only a school is split.');
  const parts = await newSchools(work, into);
  const residents = await readResidents(trx, school);
  const going = planResidents(parts, residents);
  const moved = parts.flatMap((part) => part.moved);
  const inside =
    moved.length > 0 ? await countEffects(trx, moved) : { units: 0, agents: 0, devices: 0, people: 0, vouchers: 0 };

  await insertUnits(
    trx,
    parts.map(({ unit }) => unit),
  );
  for (const { unit } of parts) tree.put(unit);
  if (school.line !== undefined)
    await trx
      .insertInto('unit_line')
      .values(parts.map(({ unit }) => ({ unit_id: unit.id, authority_id: school.line ?? 0, valid_from: work.day })))
      .execute();
  const { units, notes } = moveRooms(tree, parts);
  await updateUnits(trx, units);
  const passengers = residents.flatMap((agent) => passengerOf(agent, parts, going.get(agent.id)));
  await rehomeAgents(trx, passengers);
  await note(work, [
    ...parts.flatMap(({ unit }): Note[] => [
      { before: unit, after: unit, kind: 'split-from', other: school.id },
      { before: school, after: school, kind: 'split-into', other: unit.id },
    ]),
    ...notes,
  ]);

  const told = parts.map(({ unit, moved: rooms }, at) => {
    const own = residents.filter(({ id }) => going.get(id) === at);
    return {
      unit: { id: unit.id, name: unit.name, kind: unit.kind },
      units: rooms.reduce((sum, { id }) => sum + tree.subtree(tree.get(id)?.path ?? '').length, 0),
      agents: own.map(({ name }) => name),
      devices: own.reduce((sum, { devices }) => sum + devices.length, 0),
    };
  });
  const effects = {
    ...inside,
    agents: going.size,
    devices: told.reduce((sum, { devices }) => sum + devices, 0),
  };
  const all = [...parts.map(({ unit }) => unit), ...units];
  const changed = finish(work, { units: all, rehomed: [] }, effects, [school.id, ...parts.map(({ unit }) => unit.id)]);
  return { ...changed, agents: passengers.map(({ id, to }) => [id, to] as const), parts: told };
}

async function newSchools({ trx, tree, unit: school, day }: Work, into: readonly Wanted[]): Promise<readonly Part[]> {
  const parent = school.parent === undefined ? undefined : tree.get(school.parent);
  const ids = await takeIds(trx, into.length);
  const taken = new Set<number>();
  const scratch = new Map<string, string>();
  return into.map(({ name, code, type, units, agents }, at) => {
    const node = newNode({
      id: ids[at] ?? 0,
      kind: 'school',
      name,
      code,
      type: type ?? school.type,
      parent,
      sample: school.sample,
      validFrom: day,
    });
    requireFreeCode(tree, node);
    if (code !== undefined && scratch.has(code))
      throw new ConflictError(`The code ${code} of ${name} is taken by ${scratch.get(code)}: change one of the two.`);
    if (code !== undefined) scratch.set(code, name);
    if (units.length + agents.length === 0)
      throw new InvalidInputError('change.into', `${name} gets neither a room nor an agent.`);
    const moved = units.map((id) => roomOf(tree, school, id, taken));
    return { unit: { ...node, line: school.line }, moved, agents };
  });
}

/** A room or building of the school that is named once, and lies in no other one that is named. */
function roomOf(tree: UnitTree, school: UnitNode, id: number, taken: Set<number>): UnitNode {
  const room = tree.get(id);
  if (!room || room.id === school.id || !room.path.startsWith(school.path))
    throw new InvalidInputError('change.into', `The school has no room or building ${id}.`);
  requireOpen(room);
  const above = tree.trail(id).find((unit) => taken.has(unit.id));
  const below = tree.subtree(room.path).find((unit) => taken.has(unit.id));
  if (above ?? below) throw new InvalidInputError('change.into', `${room.name} is named twice.`);
  taken.add(id);
  return room;
}

function moveRooms(
  tree: UnitTree,
  parts: readonly Part[],
): { readonly units: readonly UnitNode[]; readonly notes: readonly Note[] } {
  const notes: Note[] = [];
  const units = parts.flatMap(({ unit, moved }) =>
    moved.flatMap((room) => {
      const { units: after } = move(tree, room, unit);
      for (const node of after) tree.put(node);
      const [placed = room] = after;
      notes.push({ before: room, after: placed, kind: 'moved' });
      return after;
    }),
  );
  return { units, notes };
}

/** An agent that stands in a room which goes keeps its place there. */
function passengerOf(agent: Resident, parts: readonly Part[], target: Target): Passenger[] {
  const part = target === undefined ? undefined : parts[target];
  if (!part) return [];
  const livesInside = part.moved.some(({ path }) => agent.home.path.startsWith(path));
  return [{ id: agent.id, from: agent.home.id, to: livesInside ? agent.home.id : part.unit.id }];
}

/** Agents of a school, revoked ones too: what they looked after goes with them. */
async function readResidents(trx: Trx, school: UnitNode): Promise<readonly Resident[]> {
  const agents = await trx
    .selectFrom('agent')
    .innerJoin('unit', 'unit.id', 'agent.unit_id')
    .select(['agent.id', 'agent.name', 'unit.id as home', 'unit.path'])
    .where('unit.path', 'like', `${school.path}%`)
    .orderBy('agent.name')
    .execute();
  if (agents.length === 0) return [];
  const devices = await trx
    .selectFrom('device')
    .innerJoin('unit', 'unit.id', 'device.unit_id')
    .select(['device.agent_id', 'unit.id', 'unit.path', 'unit.name'])
    .where(
      'device.agent_id',
      'in',
      agents.map(({ id }) => id),
    )
    .execute();
  const byAgent = Map.groupBy(devices, ({ agent_id: agent }) => agent);
  return agents.map(({ id, name, home, path }) => ({
    id,
    name,
    home: { id: home, path },
    devices: byAgent.get(id) ?? [],
  }));
}
