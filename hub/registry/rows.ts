import { type Selectable, sql } from 'kysely';
import { fold } from '../../protocols/api/fold.ts';
import type { Organisation } from '../organisation/index.ts';
import type { Tables } from '../store/tables.ts';
import type { DirectoryAgent, DirectoryDevice } from './directory.ts';

type AgentRow = Selectable<Tables['agent']>;
type DeviceRow = Pick<
  Selectable<Tables['device']>,
  'id' | 'sid' | 'agent_id' | 'unit_id' | 'family' | 'name' | 'lifecycle' | 'supplier_id'
> & { readonly supplier_name: string | null };

/** Columns of `device` that the directory holds. */
export const directoryColumns = [
  'id',
  'sid',
  'agent_id',
  'unit_id',
  'family',
  'name',
  'lifecycle',
  'supplier_id',
  sql<string | null>`(select supplier.name from supplier where supplier.id = device.supplier_id)`.as('supplier_name'),
] as const;

export function directoryDevice(row: DeviceRow, organisation: Organisation): DirectoryDevice {
  return {
    id: row.id,
    sid: row.sid,
    agentId: row.agent_id,
    unitId: row.unit_id,
    unitPath: organisation.pathOf(row.unit_id),
    family: row.family,
    name: row.name,
    lifecycle: row.lifecycle,
    supplierId: row.supplier_id ?? undefined,
    supplierName: row.supplier_name ?? undefined,
  };
}

export function directoryAgent(row: AgentRow, organisation: Organisation): DirectoryAgent {
  return {
    id: row.id,
    name: row.name,
    folded: row.name_folded,
    sortKey: row.name_sort,
    unitId: row.unit_id,
    unitPath: organisation.pathOf(row.unit_id),
    status: row.status,
    enrolledAt: row.enrolled_at,
    version: row.version ?? undefined,
    platform: row.platform ?? undefined,
    bootId: row.boot_id ?? undefined,
    session: row.session ?? undefined,
    startedAt: row.started_at ?? undefined,
    connectedAt: row.connected_at ?? undefined,
    disconnectedAt: row.disconnected_at ?? undefined,
    lastSeenAt: row.last_seen_at ?? undefined,
    clockSkewMs: row.clock_skew_ms ?? undefined,
    desiredGeneration: row.desired_generation,
    heldGeneration: row.held_generation,
    queue: { records: row.queue_records, bytes: row.queue_bytes, shed: row.shed_records },
    load: row.load ?? undefined,
  };
}

/** What a search looks through, of a device or a proposal. */
export function searchText(parts: readonly (string | null | undefined)[]): string {
  return fold(parts.filter((part) => part).join(' '));
}
