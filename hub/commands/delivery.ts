import { sql } from 'kysely';
import type { Command } from '../../protocols/fleet/messages.ts';
import type { ResultRecord } from '../../protocols/fleet/record.ts';
import { afterCommit, type Trx } from '../store/index.ts';
import { heldUntil } from './judgement.ts';
import { advance } from './machine.ts';
import { type CommandContext, queuedChannel } from './ports.ts';
import { lockCommands, overdueIds, progressOf, writeProgress } from './rows.ts';
import { step, tellChanged } from './steps.ts';
import { type CommandRow, wireOf } from './view.ts';

/** All that may be open for one agent (`mostOpen`). */
const wireBatch = 200;
/** How long an agent that comes back is asked what became of a command that it never answered. */
const askedAgainMs = 7 * 24 * 3_600_000;
const isUnanswered = sql<boolean>`problem ->> 'code' = 'no-answer'`;
const cancellationBatch = 100;
const expiryBatch = 500;
/** A moment that no hub saw pass, because all of them stood still, is looked at again for this long. */
const missedMs = 60_000;

/** Between hub and agents: what goes out when, and what comes back. */
export interface Delivery {
  /**
   * What this agent shall get now, oldest first, at most 200; `again` adds what was sent and never answered, also after its
   * time: an agent that never had it says so, one that had it says how it ended.
   */
  pendingFor(agentId: string, options?: { readonly again?: boolean }): Promise<Command[]>;
  /** Ids of commands that were taken back after they had left, and have no answer yet; at most 100. */
  cancellationsFor(agentId: string): Promise<string[]>;
  /**
   * Called before they go out, so that a queued command is one that no agent can have. Returns those that may go: one may
   * have been taken back, or have run out of time, since it was read.
   */
  markSent(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Takes the agent's reports within the transaction that stores them. */
  applyResults(trx: Trx, agentId: string, records: readonly ResultRecord[]): Promise<void>;
  /** Ends what waited too long and removes old pictures; called every few seconds. Returns how many commands changed. */
  expire(): Promise<number>;
  /** Wakes the agents whose commands have got their turn; called every second or two. */
  release(): Promise<void>;
}

export function createDelivery(context: CommandContext): Delivery {
  const { store, registry, momentAt, clock, log } = context;
  let releasedMs = clock.now() - missedMs;

  /** What disturbs is not sent into a lesson that began while it waited; it gets its next moment instead. */
  const withoutHeld = async (rows: readonly CommandRow[]): Promise<readonly CommandRow[]> => {
    const now = clock.now();
    const held = rows.flatMap((row) => {
      const unitId = row.state === 'queued' ? registry.deviceOf(row.device_id)?.unitId : undefined;
      const until = unitId === undefined ? undefined : heldUntil(row, momentAt(unitId, now));
      return until === undefined ? [] : [{ id: row.id, until }];
    });
    for (const { id, until } of held) {
      await store.db
        .updateTable('command')
        .set({ not_before: new Date(until) })
        .where('id', '=', id)
        .where('state', '=', 'queued')
        .execute();
    }
    const ids = new Set(held.map(({ id }) => id));
    return rows.filter(({ id }) => !ids.has(id));
  };

  return {
    pendingFor: async (agentId, options = {}) => {
      const now = new Date(clock.now());
      const rows = await store.db
        .selectFrom('command')
        .selectAll()
        .where('agent_id', '=', agentId)
        .where((eb) => {
          const due = eb.and([
            eb('state', '=', 'queued'),
            eb('not_after', '>', now),
            eb.or([eb('not_before', 'is', null), eb('not_before', '<=', now)]),
          ]);
          const unanswered = eb.and([
            eb('cancel_asked_at', 'is', null),
            eb.or([eb('state', '=', 'sent'), eb.and([eb('state', '=', 'unknown'), isUnanswered])]),
            eb('updated_at', '>', new Date(now.getTime() - askedAgainMs)),
          ]);
          return options.again ? eb.or([due, unanswered]) : due;
        })
        .orderBy('created_at')
        .orderBy('id')
        .limit(wireBatch)
        .execute();
      return (await withoutHeld(rows)).map(wireOf);
    },

    cancellationsFor: async (agentId) => {
      const rows = await store.db
        .selectFrom('command')
        .select('id')
        .where('agent_id', '=', agentId)
        .where('state', 'in', ['sent', 'received', 'running'])
        .where('cancel_asked_at', 'is not', null)
        .limit(cancellationBatch)
        .execute();
      return rows.map(({ id }) => id);
    },

    markSent: async (ids) => {
      if (ids.length === 0) return new Set();
      return store.transaction(async (trx) => {
        const rows = await lockCommands(trx, ids);
        await step(context, trx, rows, { type: 'sent' });
        const mayGo = rows.filter(({ state, cancel_asked_at }) => {
          return state === 'queued' || (['sent', 'unknown'].includes(state) && cancel_asked_at === null);
        });
        return new Set(mayGo.map(({ id }) => id));
      });
    },

    applyResults: async (trx, agentId, records) => {
      if (records.length === 0) return;
      const rows = await lockCommands(trx, [...new Set(records.map((record) => record.command))], agentId);
      const known = new Map(rows.map((row) => [row.id, { row, before: progressOf(row) }]));
      const progress = new Map([...known].map(([id, { before }]) => [id, before]));
      for (const record of records) {
        const current = progress.get(record.command);
        if (current) progress.set(record.command, advance(current, { type: 'report', report: record }));
        else log.warn('result of a command that this agent never had', { agent: agentId, command: record.command });
      }
      const changes = [...known].flatMap(([id, { row, before }]) => {
        const after = progress.get(id);
        return after && after !== before ? [{ id, progress: after, row }] : [];
      });
      await writeProgress(trx, changes, new Date(clock.now()));
      for (const { row } of changes) afterCommit(trx, () => tellChanged(context, row));
    },

    expire: async () => {
      const now = new Date(clock.now());
      const ids = await overdueIds(store.db, now.getTime(), expiryBatch);
      await store.db.deleteFrom('picture').where('expires_at', '<=', now).execute();
      if (ids.length === 0) return 0;
      return store.transaction(async (trx) => {
        const ended = await step(context, trx, await lockCommands(trx, ids), { type: 'time', nowMs: now.getTime() });
        return ended.length;
      });
    },

    release: async () => {
      const now = clock.now();
      const rows = await store.db
        .selectFrom('command')
        .select('agent_id')
        .distinct()
        .where('state', '=', 'queued')
        .where('not_before', '>', new Date(Math.min(releasedMs, now) - missedMs))
        .where('not_before', '<=', new Date(now))
        .execute();
      releasedMs = now;
      for (const { agent_id } of rows) await store.notify(queuedChannel, agent_id);
    },
  };
}
