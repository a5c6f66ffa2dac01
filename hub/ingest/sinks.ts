import type { DeviceEvent } from '../../protocols/api/devices.ts';
import type { EventRecord, FleetRecord, ProposalRecord, ResultRecord } from '../../protocols/fleet/record.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Bus } from '../events/bus.ts';
import type { Registry } from '../registry/index.ts';
import { afterCommit, type Trx } from '../store/index.ts';
import type { Twin } from '../twin/index.ts';
import type { DataRecord, StoredTicks } from './frame.ts';

/** A feature that takes records of some kinds, in the transaction that stores them. */
export interface RecordSink {
  readonly kinds: readonly FleetRecord['kind'][];
  /** Memory and events follow by `afterCommit`. What it throws keeps these records out, and puts them into quarantine. */
  apply(trx: Trx, agentId: string, records: readonly DataRecord[]): Promise<void>;
}

export interface SinkDeps {
  readonly registry: Pick<Registry, 'applyProposals' | 'deviceOf' | 'agentOf'>;
  readonly twin: Pick<Twin, 'applyStates' | 'applyInventory'>;
  readonly commands: { applyResults(trx: Trx, agentId: string, records: readonly ResultRecord[]): Promise<void> };
  readonly recordSinks: readonly RecordSink[];
  readonly bus: Bus;
  readonly clock: Clock;
}

export interface RecordSinks {
  /** Those who watch samples; telemetry itself keeps them. */
  applyTicks(trx: Trx, frames: readonly StoredTicks[]): Promise<void>;
  apply(
    trx: Trx,
    work: readonly { readonly agentId: string; readonly records: readonly DataRecord[] }[],
  ): Promise<void>;
}

/** Gives records to the features that keep them: those of all agents at once where a feature takes them so. */
export function createSinks(deps: SinkDeps): RecordSinks {
  const { twin } = deps;
  const watchers = deps.recordSinks.filter(({ kinds }) => kinds.includes('samples'));
  return {
    applyTicks: async (trx, frames) => {
      for (const watcher of watchers)
        for (const { agentId, records } of frames) await watcher.apply(trx, agentId, records);
    },
    apply: async (trx, work) => {
      const all = work.flatMap(({ records }) => records);
      if (all.length === 0) return;
      await twin.applyStates(trx, ofKind(all, 'state'));
      await twin.applyInventory(trx, ofKind(all, 'inventory'));
      await storeEvents(deps, trx, work);
      for (const [agentId, records] of byAgent(work)) await applyOfAgent(deps, trx, agentId, records);
    },
  };
}

async function applyOfAgent(
  { registry, commands, recordSinks }: SinkDeps,
  trx: Trx,
  agentId: string,
  records: readonly DataRecord[],
): Promise<void> {
  const proposals: readonly ProposalRecord[] = ofKind(records, 'proposal');
  const results: readonly ResultRecord[] = ofKind(records, 'result');
  if (proposals.length > 0) await registry.applyProposals(trx, agentId, proposals);
  if (results.length > 0) await commands.applyResults(trx, agentId, results);
  for (const sink of recordSinks) {
    const wanted = records.filter(({ kind }) => sink.kinds.includes(kind));
    if (wanted.length > 0) await sink.apply(trx, agentId, wanted);
  }
}

function ofKind<K extends DataRecord['kind']>(records: readonly DataRecord[], kind: K) {
  return records.filter((record): record is Extract<DataRecord, { kind: K }> => record.kind === kind);
}

function byAgent(work: Parameters<RecordSinks['apply']>[1]): ReadonlyMap<string, readonly DataRecord[]> {
  const agents = new Map<string, DataRecord[]>();
  for (const { agentId, records } of work) agents.set(agentId, [...(agents.get(agentId) ?? []), ...records]);
  return agents;
}

async function storeEvents(
  { registry, bus, clock }: SinkDeps,
  trx: Trx,
  work: Parameters<RecordSinks['apply']>[1],
): Promise<void> {
  const events = work.flatMap(({ agentId, records }) =>
    ofKind(records, 'event').map((event): EventRecord & { agentId: string } => ({ ...event, agentId })),
  );
  if (events.length === 0) return;
  const receivedAt = new Date(clock.now());
  await trx
    .insertInto('event')
    .values(
      events.map((event) => ({
        agent_id: event.agentId,
        device_id: event.device ?? null,
        capability: event.capability,
        name: event.name,
        severity: event.severity,
        data: JSON.stringify(event.data),
        at: new Date(event.at),
        received_at: receivedAt,
      })),
    )
    .execute();
  afterCommit(trx, () => {
    for (const { device, name, severity, at } of events) {
      if (device === undefined) continue;
      const told: { severity: DeviceEvent['severity'] } = { severity };
      bus.publish(
        { type: 'device-event', device, name, ...told, at: new Date(at).toISOString() },
        registry.deviceOf(device)?.unitPath,
      );
    }
  });
}
