import { generateKeyPairSync } from 'node:crypto';
import type { z } from 'zod';
import type {
  checkPolicyBody,
  createPolicyBody,
  PolicyBody,
  PolicyBundleRow,
  PolicyCheck,
  PolicyRun,
  PolicyView,
  policiesQuery,
  policyBundlesQuery,
  policyRunsQuery,
  updatePolicyBody,
} from '../../protocols/api/operation/policies.ts';
import { toError } from '../../protocols/errors.ts';
import type { PolicyEnvelope } from '../../protocols/fleet/policy/bundle.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { PolicySigner } from '../../provisioning/policy/signature.ts';
import { type Actor, ConflictError, InvalidInputError, inScope, NotFoundError, type Scope } from '../access/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Calendars } from '../calendar/index.ts';
import type { Bus } from '../events/bus.ts';
import type { RecordSink } from '../ingest/index.ts';
import type { Organisation } from '../organisation/index.ts';
import type { Registry } from '../registry/index.ts';
import { afterCommit, type Store, type Trx } from '../store/index.ts';
import { decodeCursor, type Page, pageInMemory } from '../store/page.ts';
import { createBundles } from './bundles.ts';
import { compile } from './compile.ts';
import { createExpectedPower } from './expected.ts';
import { type JudgeInput, judge } from './judge.ts';
import type { PolicyDevice, StandingPolicy } from './ports.ts';
import { lockPolicy, type PolicyRow, readOffers, readPolicies } from './rows.ts';
import { listBundles, listRuns, type RunsDeps, sinkOf } from './runs.ts';

interface PoliciesDeps {
  readonly store: Store;
  readonly registry: Pick<Registry, 'deviceOf' | 'agentOf' | 'devicesOfAgent' | 'agents' | 'devices' | 'onDesired'>;
  readonly organisation: Pick<Organisation, 'pathOf' | 'refOf' | 'onStructure'>;
  readonly calendars: Pick<Calendars, 'calendarOf' | 'onChanged'>;
  readonly signer: PolicySigner;
  readonly audit: Pick<Audit, 'append'>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly clock: Clock;
  readonly log: Log;
}

type Create = z.output<typeof createPolicyBody>;
type Update = z.output<typeof updatePolicyBody>;

/** What agents shall do by themselves: policies at units, and the signed bundle that each agent gets of them (ADR 16). */
export interface Policies extends AsyncDisposable {
  /** Reads what stands and follows it; every agent is looked at once, by `publish`. */
  load(): Promise<void>;
  /** Policies within the scope, and those above that count there. */
  list(scope: Scope, query: z.output<typeof policiesQuery>): Page<PolicyView>;
  /** What would stand in the way, and what it would do; nothing is written. Throws NotFoundError. */
  check(scope: Scope, body: z.output<typeof checkPolicyBody>): Promise<PolicyCheck>;
  /** Throws NotFoundError for a unit outside of the scope, InvalidInputError for the first fault. */
  create(scope: Scope, actor: Actor, body: Create): Promise<PolicyView>;
  /** Throws as `create`, and ConflictError when somebody changed it in between. */
  update(scope: Scope, actor: Actor, id: number, body: Update): Promise<PolicyView>;
  remove(scope: Scope, actor: Actor, id: number): Promise<void>;
  listRuns(scope: Scope, query: z.output<typeof policyRunsQuery>): Promise<Page<PolicyRun>>;
  listBundles(scope: Scope, query: z.output<typeof policyBundlesQuery>): Promise<Page<PolicyBundleRow>>;
  /** Signs for agents whose devices, calendar or policies changed, some at a time; called every few seconds. */
  publish(): Promise<void>;
  /** Looks at every agent again, so that no bundle grows old. */
  renew(): void;
  /** For the door of agents. */
  envelopeFor(agentId: string): Promise<{ readonly number: number; readonly envelope: PolicyEnvelope } | undefined>;
  held(agentId: string, number: number): Promise<void>;
  /** Calls back with an agent that has a new bundle, on any hub. */
  onIssued(listener: (agentId: string) => void): Disposable;
  /** What the power of a device should be; undefined where nothing is planned. From memory. */
  expectedPowerOf(deviceId: string, atMs: number): 'on' | 'off' | undefined;
  /** Calls back with the path of a unit below which what is expected may be something else now. */
  onChanged(listener: (unitPath: string) => void): Disposable;
  /** Takes what agents tell of their policies. */
  readonly sink: RecordSink;
  /** Runs are kept for a year and a month. */
  trim(): Promise<void>;
}

const channel = 'policy';
/** Agents that are looked at in one turn. */
const mostAtOnce = 50;
const keepRunsMs = 396 * 86_400_000;

/** A new key for signing bundles, PKCS#8 PEM. */
export function createPolicyKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function createPolicies(deps: PoliciesDeps): Policies {
  const { store, registry, organisation, calendars, audit, bus, clock, log } = deps;
  const expected = createExpectedPower();
  const bundles = createBundles({ ...deps, expected });
  const listeners = new Set<(unitPath: string) => void>();
  const dirty = new Set<string>();
  const followed = new AsyncDisposableStack();
  let rows: readonly PolicyRow[] = [];
  let isLoaded = false;

  const pathOf = (unitId: number): string | undefined => {
    try {
      return organisation.pathOf(unitId);
    } catch (thrown) {
      if (thrown instanceof NotFoundError) return undefined;
      throw thrown;
    }
  };
  const standing = (): readonly StandingPolicy[] => rows.flatMap((row) => standingOf(row, pathOf(row.unit_id)) ?? []);
  const inUse = (agentId: string) =>
    registry
      .devicesOfAgent(agentId)
      .filter(({ lifecycle }) => lifecycle === 'in-service')
      .toSorted((a, b) => a.sid - b.sid);
  const devicesOf = async (agentIds: readonly string[]): Promise<readonly PolicyDevice[]> => {
    const devices = agentIds.flatMap(inUse);
    const offers = await readOffers(
      store,
      devices.map(({ id }) => id),
    );
    return devices.map((device) => ({ ...device, offers: offers.get(device.id) ?? {} }));
  };
  const markBelow = (unitPath: string) => {
    for (const agent of registry.agents()) {
      const touches =
        agent.unitPath.startsWith(unitPath) ||
        registry.devicesOfAgent(agent.id).some((one) => one.unitPath.startsWith(unitPath));
      if (touches) dirty.add(agent.id);
    }
  };
  const tell = (unitPath: string) => {
    for (const listener of listeners) listener(unitPath);
  };
  const readAgain = async () => {
    rows = await readPolicies(store.db);
  };
  const follow = async () => {
    followed.use(
      await store.listen(channel, {
        heard: (unitPath) => quietly(readAgain().then(() => markBelow(unitPath))),
        missed: () => quietly(readAgain().then(() => markBelow('/'))),
      }),
    );
    followed.use(calendars.onChanged(markBelow));
    followed.use(organisation.onStructure(() => markBelow('/')));
    followed.use(registry.onDesired((agentId) => void dirty.add(agentId)));
    followed.use(
      bundles.onIssued((agentId) => {
        const path = registry.agentOf(agentId)?.unitPath;
        if (path) tell(path);
      }),
    );
  };
  const quietly = (work: Promise<void>) => {
    work.catch((thrown: unknown) => log.warn('policies could not be read again', { error: toError(thrown) }));
  };
  const refresh = async (agentId: string): Promise<void> => {
    const agent = registry.agentOf(agentId);
    if (!agent || agent.status === 'revoked') return;
    const devices = await devicesOf([agentId]);
    const input = { policies: standing(), devices, agentUnit: agent.unitId, calendarOf: calendars.calendarOf, pathOf };
    await bundles.issue(agentId, compile(input));
  };

  const unitIn = (scope: Scope, unitId: number): string => {
    const path = pathOf(unitId);
    if (path === undefined || !inScope(scope, path)) throw new InvalidInputError('unit', 'There is no such unit.');
    return path;
  };
  const judged = async (unitId: number, body: PolicyBody, replaces: PolicyRow | undefined) => {
    const unitPath = organisation.pathOf(unitId);
    const agents = [...registry.agents()].filter((agent) =>
      inUse(agent.id).some((device) => device.unitPath.startsWith(unitPath)),
    );
    const input: JudgeInput = {
      store,
      unitId,
      unitPath,
      body,
      replaces: replaces ? { id: replaces.id, revision: replaces.revision } : undefined,
      policies: standing(),
      devices: await devicesOf(agents.map(({ id }) => id)),
      unitOfAgent: (agentId) => registry.agentOf(agentId)?.unitId ?? unitId,
      calendarOf: calendars.calendarOf,
      pathOf,
      nowMs: clock.now(),
    };
    return judge(input);
  };
  const refuse = async (unitId: number, body: PolicyBody, replaces: PolicyRow | undefined) => {
    const { faults } = await judged(unitId, body, replaces);
    const [first] = faults;
    if (first) throw new InvalidInputError(first.field, `${first.why.en} ${first.remedy.en}`);
  };
  const viewOf = (row: PolicyRow, scope: Scope): PolicyView => ({
    id: row.id,
    unit: organisation.refOf(row.unit_id),
    name: row.name,
    enabled: row.enabled,
    revision: row.revision,
    body: row.body,
    updatedAt: row.updated_at.toISOString(),
    updatedBy: row.updated_by,
    isInherited: !inScope(scope, organisation.pathOf(row.unit_id)),
  });
  const rowIn = (scope: Scope, row: PolicyRow | undefined): PolicyRow => {
    const path = row && pathOf(row.unit_id);
    if (!row || path === undefined || !inScope(scope, path)) throw new NotFoundError();
    return row;
  };
  const written = async (action: string, actor: Actor, row: PolicyRow, detail: Readonly<Record<string, unknown>>) => {
    await audit.append({ actor: actor.id, action, subject: `policy:${row.id}`, unitId: row.unit_id, detail });
    await store.notify(channel, pathOf(row.unit_id) ?? '/');
    bus.publish({ type: 'policies-changed' }, pathOf(row.unit_id));
  };
  const takeOver = (trx: Trx, row: PolicyRow, isGone = false) =>
    afterCommit(trx, () => {
      const others = rows.filter(({ id }) => id !== row.id);
      rows = isGone ? others : [...others, row].toSorted((a, b) => a.id - b.id);
    });
  const runs: RunsDeps = {
    store,
    deviceOf: registry.deviceOf,
    agentOf: registry.agentOf,
    refOf: (unitId) => (pathOf(unitId) === undefined ? undefined : organisation.refOf(unitId)),
    nameOf: (policyId) => rows.find(({ id }) => id === policyId)?.name,
    changed: () => bus.publish({ type: 'policies-changed' }, undefined),
    now: () => clock.now(),
  };

  return {
    load: async () => {
      if (!isLoaded) await follow();
      isLoaded = true;
      await readAgain();
      await bundles.load();
      markBelow('/');
    },
    list: (scope, query) => {
      const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
      if (query.cursor !== undefined && !after)
        throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
      const words = query.q?.toLowerCase();
      const seen = rows.filter((row) => {
        const path = pathOf(row.unit_id);
        if (path === undefined || (words && !row.name.toLowerCase().includes(words))) return false;
        return inScope(scope, path) || scope.paths.some((inner) => inner.startsWith(path));
      });
      const page = pageInMemory(seen, ({ id, unit_id }) => ({ key: pathOf(unit_id) ?? '', id }), {
        limit: query.limit,
        after,
      });
      return { ...page, rows: page.rows.map((row) => viewOf(row, scope)) };
    },
    check: async (scope, { unit, body, replaces }) => {
      unitIn(scope, unit);
      const row =
        replaces === undefined
          ? undefined
          : rowIn(
              scope,
              rows.find(({ id }) => id === replaces),
            );
      return judged(unit, body, row);
    },
    create: async (scope, actor, { unit, name, enabled, body }) => {
      unitIn(scope, unit);
      await refuse(unit, body, undefined);
      const at = new Date(clock.now());
      const row = await store.transaction(async (trx) => {
        const made = await trx
          .insertInto('policy')
          .values({
            unit_id: unit,
            name,
            enabled,
            revision: 1,
            body: JSON.stringify(body),
            since: at,
            created_at: at,
            created_by: actor.name,
            updated_at: at,
            updated_by: actor.name,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        takeOver(trx, made);
        return made;
      });
      await written('policy.create', actor, row, { name, enabled, body });
      return viewOf(row, scope);
    },
    update: async (scope, actor, id, { basedOn, ...change }) => {
      const known = rowIn(
        scope,
        rows.find((row) => row.id === id),
      );
      if (change.body) await refuse(known.unit_id, change.body, known);
      const row = await store.transaction(async (trx) => {
        const before = rowIn(scope, await lockPolicy(trx, id));
        if (before.revision !== basedOn)
          throw new ConflictError(
            'Somebody changed this policy in the meantime. Load it again and repeat your change.',
          );
        const at = new Date(clock.now());
        const after = await trx
          .updateTable('policy')
          .set({
            name: change.name ?? before.name,
            enabled: change.enabled ?? before.enabled,
            body: JSON.stringify(change.body ?? before.body),
            revision: before.revision + 1,
            since: at,
            updated_at: at,
            updated_by: actor.name,
          })
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirstOrThrow();
        takeOver(trx, after);
        return after;
      });
      await written('policy.update', actor, row, { ...change, revision: row.revision });
      return viewOf(row, scope);
    },
    remove: async (scope, actor, id) => {
      const row = await store.transaction(async (trx) => {
        const before = rowIn(scope, await lockPolicy(trx, id));
        await trx.deleteFrom('policy').where('id', '=', id).execute();
        takeOver(trx, before, true);
        return before;
      });
      await written('policy.delete', actor, row, { name: row.name, body: row.body });
    },
    listRuns: (scope, query) => listRuns(runs, scope, query),
    listBundles: (scope, query) => listBundles(runs, scope, query),
    publish: async () => {
      for (const agentId of [...dirty].slice(0, mostAtOnce)) {
        dirty.delete(agentId);
        try {
          await refresh(agentId);
        } catch (thrown) {
          dirty.add(agentId);
          throw thrown;
        }
      }
    },
    renew: () => markBelow('/'),
    envelopeFor: (agentId) => bundles.envelopeFor(agentId),
    held: async (agentId, number) => {
      if (await bundles.held(agentId, number)) {
        log.warn('an agent holds policies that this database has lost; it gets ours', { agent: agentId, number });
        dirty.add(agentId);
      }
    },
    onIssued: (listener) => bundles.onIssued(listener),
    expectedPowerOf: (deviceId, atMs) => expected.at(deviceId, atMs),
    onChanged: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    sink: sinkOf(runs),
    trim: async () => {
      const oldest = new Date(clock.now() - keepRunsMs);
      await store.db.deleteFrom('policy_run').where('planned_at', '<', oldest).execute();
    },
    [Symbol.asyncDispose]: async () => {
      await followed.disposeAsync();
      await bundles[Symbol.asyncDispose]();
    },
  };
}

function standingOf(row: PolicyRow, unitPath: string | undefined): StandingPolicy | undefined {
  if (unitPath === undefined) return undefined;
  const { id, unit_id: unitId, name, enabled, revision, body, since } = row;
  return { id, unitId, unitPath, name, enabled, revision, body, since };
}
