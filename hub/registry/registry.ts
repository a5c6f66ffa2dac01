import { sql } from 'kysely';
import type { Agent } from '../../protocols/api/agents.ts';
import type { Device, DeviceRow, DevicesQuery } from '../../protocols/api/devices.ts';
import type { ProposalView } from '../../protocols/api/enrolment/proposals.ts';
import type { Family } from '../../protocols/api/families.ts';
import { toError } from '../../protocols/errors.ts';
import type { Desired, Hello } from '../../protocols/fleet/messages.ts';
import type { Descriptor, ProposalRecord } from '../../protocols/fleet/record.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Actor, Scope } from '../access/index.ts';
import type { Bus } from '../events/bus.ts';
import type { Organisation, StructureChange } from '../organisation/index.ts';
import { afterCommit, type Sealer, type Store, type Trx } from '../store/index.ts';
import type { Page } from '../store/page.ts';
import { type AddDevice, addDevice, insertDevices, type PlacedDevice } from './addition.ts';
import { type Adopt, type AdoptResult, adopt } from './adoption.ts';
import {
  type AgentsQuery,
  type AgentTouch,
  addAgent,
  getAgent,
  listAgents,
  type NewAgent,
  touchAgents,
} from './agents.ts';
import type { RegistryContext, WishesOf } from './context.ts';
import { desiredFor, outgrow } from './desired.ts';
import {
  type DeviceFilter,
  getDevice,
  listDevices,
  matchDevices,
  requireDevice,
  type UpdateDevice,
  updateDevice,
} from './devices.ts';
import { Directory, type DirectoryAgent, type DirectoryDevice } from './directory.ts';
import { type Facets, noFacets } from './facets.ts';
import { createFamilies, familiesSubject } from './families.ts';
import { followStructure } from './places.ts';
import { applyProposals, listProposals, type ProposalsQuery, type Refuse, refuse } from './proposals.ts';
import { directoryAgent, directoryColumns, directoryDevice, searchText } from './rows.ts';

export interface RegistryDeps {
  readonly store: Store;
  readonly organisation: Organisation;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly sealer: Sealer;
  /** What other features add to a device's page; closures, since some of them are made after the registry. */
  readonly facets?: Facets;
  readonly wishesOf?: WishesOf;
}

/** Agents, devices and proposals: what the fleet consists of and what each agent shall run. */
export interface Registry extends AsyncDisposable {
  /** Reads the directory into memory and keeps it current with what other hubs write. Needs a loaded organisation. */
  load(): Promise<void>;
  deviceOf(id: string): DirectoryDevice | undefined;
  agentOf(id: string): DirectoryAgent | undefined;
  devicesOfAgent(agentId: string): readonly DirectoryDevice[];
  agents(): Iterable<DirectoryAgent>;
  devices(): Iterable<DirectoryDevice>;
  /** Reads an agent and its devices from the database again, and has other hubs do so: after a write from elsewhere. */
  refresh(agentId: string): Promise<void>;
  /** The same for this hub alone. */
  readAgain(agentId: string): Promise<void>;
  requireDevice(scope: Scope, id: string): DirectoryDevice;
  listDevices(scope: Scope, query: DevicesQuery): Promise<Page<DeviceRow>>;
  /** Ids of the devices that match, by name, at most `limit`. */
  matchDevices(scope: Scope, filter: DeviceFilter, limit: number): Promise<string[]>;
  getDevice(scope: Scope, id: string): Promise<Device>;
  updateDevice(scope: Scope, actor: Actor, id: string, body: UpdateDevice): Promise<Device>;
  addDevice(scope: Scope, actor: Actor, body: AddDevice): Promise<Device>;
  /** Devices whose places were judged already, e.g. those of a table. Throws InvalidInputError when an agent has too many. */
  insertDevices(trx: Trx, actor: Pick<Actor, 'name'>, devices: readonly PlacedDevice[]): Promise<readonly string[]>;
  listAgents(scope: Scope, query: AgentsQuery): Page<Agent>;
  getAgent(scope: Scope, id: string): Promise<Agent>;
  addAgent(trx: Trx, agent: NewAgent): Promise<string>;
  listProposals(scope: Scope, query: ProposalsQuery): Promise<Page<ProposalView>>;
  adopt(scope: Scope, actor: Actor, body: Adopt): Promise<AdoptResult>;
  refuse(scope: Scope, actor: Actor, body: Refuse): Promise<{ refused: string[] }>;
  applyProposals(trx: Trx, agentId: string, records: readonly ProposalRecord[]): Promise<void>;
  /** Copies the identity that a device described into the columns that lists and searches use. */
  describe(trx: Trx, deviceId: string, descriptor: Descriptor): Promise<void>;
  /** Has these agents sent their desired document anew, after the commit. */
  reissue(trx: Trx, agentIds: Iterable<string>): Promise<void>;
  /** The whole desired document with its generation, credentials opened. Throws FatalError `unknown-agent`. */
  desiredFor(agentId: string): Promise<Desired>;
  /** Calls back with the agent whose desired document changed, on any hub. */
  onDesired(listener: (agentId: string) => void): Disposable;
  touchAgents(batch: readonly AgentTouch[]): Promise<void>;
  /**
   * Takes the generation that an agent says it holds. One that this database never gave is of a time that was lost when it
   * was restored from a backup; the agent ignores what is not newer, so the desired generation goes above it.
   * Throws RecoverableError when the database does not answer.
   */
  outgrow(agentId: string, held: number): Promise<void>;
  /** Keeps the families that an agent told, when something of them is news. */
  learnFamilies(told: Hello['families']): Promise<void>;
  /** Every family that an agent ever told, with its name for people, by name. */
  families(): readonly Family[];
}

const channel = 'registry';

export function createRegistry(deps: RegistryDeps): Registry {
  const { store, organisation, bus, log } = deps;
  const directory = new Directory();
  const families = createFamilies({ store, channel, log });
  const desiredListeners = new Set<(agentId: string) => void>();
  let listening: AsyncDisposable | undefined;
  let following: Disposable | undefined;

  const tellDesired = (agentId: string) => {
    for (const listener of desiredListeners) listener(agentId);
  };
  const readAll = async () => {
    const agents = await store.db.selectFrom('agent').selectAll().execute();
    const devices = await store.db
      .selectFrom('device')
      .select([...directoryColumns])
      .execute();
    await families.load();
    directory.clear();
    for (const row of agents) directory.putAgent(directoryAgent(row, organisation));
    for (const row of devices) directory.putDevice(directoryDevice(row, organisation));
  };
  const readAgent = (agentId: string) =>
    store.db.selectFrom('agent').selectAll().where('id', '=', agentId).executeTakeFirst();
  const readOne = async (agentId: string) => {
    const before = directory.agent(agentId)?.desiredGeneration;
    let changes = directory.changes;
    let row = await readAgent(agentId);
    while (row && changes !== directory.changes) {
      changes = directory.changes;
      row = await readAgent(agentId);
    }
    if (!row) return;
    directory.putAgent(directoryAgent(row, organisation));
    const devices = await store.db
      .selectFrom('device')
      .select([...directoryColumns])
      .where('agent_id', '=', agentId)
      .execute();
    for (const device of devices) directory.putDevice(directoryDevice(device, organisation));
    if (before !== undefined && before !== row.desired_generation) tellDesired(agentId);
    bus.publish({ type: 'agent-changed', agent: agentId }, directory.agent(agentId)?.unitPath);
  };
  const quietly = (work: Promise<void>) => {
    work.catch((thrown: unknown) => log.warn('the directory could not be read again', { error: toError(thrown) }));
  };
  const context: RegistryContext = {
    ...deps,
    facets: deps.facets ?? noFacets,
    directory,
    families,
    announce: (agentId) => quietly(store.notify(channel, agentId)),
    bumpGeneration: async (trx, agentId, held = 0) => {
      const { generation } = await trx
        .updateTable('agent')
        .set({ desired_generation: sql<number>`greatest(desired_generation, ${held}::int) + 1` })
        .where('id', '=', agentId)
        .returning('desired_generation as generation')
        .executeTakeFirstOrThrow();
      afterCommit(trx, () => {
        directory.changeAgent(agentId, { desiredGeneration: generation });
        tellDesired(agentId);
      });
    },
  };

  const reissue = async (trx: Trx, agentIds: Iterable<string>) => {
    // In one order, so that two of these cannot wait for each other.
    for (const agentId of [...agentIds].sort()) {
      await context.bumpGeneration(trx, agentId);
      afterCommit(trx, () => context.announce(agentId));
    }
  };
  const follow = (change: StructureChange) => {
    const touched = followStructure(directory, organisation, change);
    // Other wishes may reach what stands elsewhere now.
    if (touched.size > 0 && deps.wishesOf) quietly(store.transaction((trx) => reissue(trx, touched)));
    for (const agentId of touched) {
      bus.publish({ type: 'agent-changed', agent: agentId }, directory.agent(agentId)?.unitPath);
      // What was being read meanwhile may be of before.
      if (change.rehomed.length + change.agents.length > 0) quietly(readOne(agentId));
    }
  };

  return {
    load: async () => {
      following ??= organisation.onStructure(follow);
      listening ??= await store.listen(channel, {
        heard: (subject) => quietly(subject === familiesSubject ? families.load() : readOne(subject)),
        missed: () => quietly(readAll()),
      });
      await readAll();
    },
    deviceOf: (id) => directory.device(id),
    agentOf: (id) => directory.agent(id),
    devicesOfAgent: (agentId) => directory.devicesOf(agentId),
    agents: () => directory.agents(),
    devices: () => directory.devices(),
    refresh: async (agentId) => {
      await readOne(agentId);
      await store.notify(channel, agentId);
    },
    readAgain: readOne,
    requireDevice: (scope, id) => requireDevice(context, scope, id),
    matchDevices: (scope, filter, limit) => matchDevices(context, scope, filter, limit),
    listDevices: (scope, query) => listDevices(context, scope, query),
    getDevice: (scope, id) => getDevice(context, scope, id),
    updateDevice: async (scope, _actor, id, body) => {
      await updateDevice(context, scope, id, body);
      await readOne(requireDevice(context, { paths: ['/'] }, id).agentId);
      return getDevice(context, scope, id);
    },
    addDevice: async (scope, actor, body) => getDevice(context, scope, await addDevice(context, scope, actor, body)),
    insertDevices: (trx, actor, devices) => insertDevices(context, trx, actor, devices),
    listAgents: (scope, query) => listAgents(context, scope, query),
    getAgent: (scope, id) => getAgent(context, scope, id),
    addAgent: (trx, agent) => addAgent(context, trx, agent),
    listProposals: (scope, query) => listProposals(context, scope, query),
    adopt: (scope, actor, body) => adopt(context, scope, actor, body),
    refuse: (scope, _actor, body) => refuse(context, scope, body),
    applyProposals: (trx, agentId, records) => applyProposals(context, trx, agentId, records),
    describe: async (trx, deviceId, { vendor, model, serial, firmware }) => {
      const { name } = await trx
        .selectFrom('device')
        .select('name')
        .where('id', '=', deviceId)
        .executeTakeFirstOrThrow();
      const search = searchText([name, vendor, model, serial, firmware]);
      await trx
        .updateTable('device')
        .set({
          search,
          vendor: vendor ?? null,
          model: model ?? null,
          serial: serial ?? null,
          firmware: firmware ?? null,
        })
        .where('id', '=', deviceId)
        .execute();
    },
    reissue,
    desiredFor: (agentId) => desiredFor(context, agentId),
    onDesired: (listener) => {
      desiredListeners.add(listener);
      return { [Symbol.dispose]: () => desiredListeners.delete(listener) };
    },
    touchAgents: (batch) => touchAgents(context, batch),
    outgrow: (agentId, held) => outgrow(context, agentId, held),
    learnFamilies: (told) => families.learn(told),
    families: () => families.all(),
    [Symbol.asyncDispose]: async () => {
      following?.[Symbol.dispose]();
      await listening?.[Symbol.asyncDispose]();
    },
  };
}
