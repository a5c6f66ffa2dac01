import { sql } from 'kysely';
import { z } from 'zod';
import type { ReleaseComponent } from '../../protocols/fleet/rollout/target.ts';
import type { Registry } from '../registry/index.ts';
import type { Store } from '../store/index.ts';
import type { FitDevice } from './preflight.ts';

interface CandidatesDeps {
  readonly store: Store;
  readonly registry: Pick<Registry, 'agents' | 'devices' | 'agentOf'>;
}

interface Meant {
  readonly id: string;
  readonly unitPath: string;
  readonly family?: string;
}

const volumes = z.object({ volumes: z.array(z.object({ sizeBytes: z.number(), usedBytes: z.number() })) });

/** What the hub knows of devices and agents that decides where a release fits. */
export function createCandidates({ store, registry }: CandidatesDeps) {
  const families = async () => {
    const rows = await store.db.selectFrom('agent').select(['id', 'families']).execute();
    return new Map(rows.map((row) => [row.id, row.families ?? undefined]));
  };
  const agents = async (isMeant: (device: Meant) => boolean): Promise<readonly FitDevice[]> => {
    const known = await families();
    return [...registry.agents()].filter(isMeant).map(({ id, name, status, version }) => ({
      id,
      name,
      kind: 'agent',
      family: undefined,
      model: undefined,
      version,
      isRetired: false,
      freeBytes: undefined,
      agent: { status, version, families: known.get(id) },
    }));
  };
  const devices = async (isMeant: (device: Meant) => boolean): Promise<readonly FitDevice[]> => {
    const meant = [...registry.devices()].filter(isMeant);
    const ids = meant.map(({ id }) => id);
    const [known, described, storage] = [
      await families(),
      await store.db
        .selectFrom('device')
        .select(['id', 'model', 'firmware'])
        .where('id', '=', sql<string>`any(${ids}::text[])`)
        .execute(),
      await store.db
        .selectFrom('twin')
        .select(['device_id', 'state'])
        .where('capability', '=', 'storage')
        .where('device_id', '=', sql<string>`any(${ids}::text[])`)
        .execute(),
    ];
    const rows = new Map(described.map((row) => [row.id, row]));
    const free = new Map(storage.map((row) => [row.device_id, freeOf(row.state)]));
    return meant.map(({ id, name, family, lifecycle, agentId }) => {
      const agent = registry.agentOf(agentId);
      return {
        id,
        name,
        kind: 'device',
        family,
        model: rows.get(id)?.model ?? undefined,
        version: rows.get(id)?.firmware ?? undefined,
        isRetired: lifecycle === 'retired',
        freeBytes: free.get(id),
        agent: { status: agent?.status ?? 'revoked', version: agent?.version, families: known.get(agentId) },
      };
    });
  };
  return {
    read: (component: ReleaseComponent, isMeant: (device: Meant) => boolean) =>
      component === 'agent' ? agents(isMeant) : devices(isMeant),
  };
}

/** Of the emptiest volume; undefined where the device tells none. */
function freeOf(state: unknown): number | undefined {
  const told = volumes.safeParse(state);
  if (!told.success || told.data.volumes.length === 0) return undefined;
  return Math.max(...told.data.volumes.map(({ sizeBytes, usedBytes }) => sizeBytes - usedBytes));
}
