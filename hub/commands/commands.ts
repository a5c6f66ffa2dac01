import { randomUUID } from 'node:crypto';
import type { CommandView } from '../../protocols/api/commands.ts';
import type { Command } from '../../protocols/fleet/messages.ts';
import type { ResultRecord } from '../../protocols/fleet/record.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import { type Actor, ConflictError, InvalidInputError, inScope, NotFoundError, type Scope } from '../access/index.ts';
import type { Bus } from '../events/bus.ts';
import { afterCommit, type Store, type Trx } from '../store/index.ts';
import { advance, type CommandInput } from './machine.ts';
import { keepPicture } from './pictures.ts';
import type { CommandAudit, CommandDevice, CommandRegistry } from './ports.ts';
import { type CommandRequest, checkRequest } from './request.ts';
import {
  countOpen,
  declaredCommands,
  findCommand,
  lockCommands,
  overdueIds,
  pictureFacts,
  progressOf,
  writeProgress,
} from './rows.ts';
import { type CommandRow, viewOf, wireOf } from './view.ts';

interface CommandsDeps {
  readonly store: Store;
  readonly registry: CommandRegistry;
  readonly bus: Bus;
  readonly audit: CommandAudit;
  readonly clock: Clock;
  readonly log: Log;
}

interface Picture {
  readonly contentType: string;
  readonly bytes: Buffer;
  readonly device: string;
}

export interface Commands {
  /** Queues a command. Throws NotFoundError, InvalidInputError, ConflictError. */
  create(scope: Scope, actor: Actor, deviceId: string, body: CommandRequest): Promise<CommandView>;
  /** Throws NotFoundError. */
  get(scope: Scope, id: string): Promise<CommandView>;
  /** The newest commands of a device, at most 100. Throws NotFoundError. */
  listOf(scope: Scope, deviceId: string): Promise<CommandView[]>;
  /** What this agent shall get now, oldest first, at most 100; `again` adds what was sent and never confirmed. */
  pendingFor(agentId: string, options?: { readonly again?: boolean }): Promise<Command[]>;
  /** Called before they go out, so that a queued command is one that no agent can have. */
  markSent(ids: readonly string[]): Promise<void>;
  /** Takes the agent's reports within the transaction that stores them. */
  applyResults(trx: Trx, agentId: string, records: readonly ResultRecord[]): Promise<void>;
  /** Ends what waited too long and removes old pictures; called every few seconds. Returns how many commands changed. */
  expire(): Promise<number>;
  /** Keeps an uploaded picture. Throws PictureError. */
  storePicture(agentId: string, commandId: string, contentType: string, bytes: Buffer): Promise<void>;
  /** The picture of a command while it is kept. Throws NotFoundError. */
  picture(scope: Scope, id: string): Promise<Picture>;
  /** Calls back with the agent for which a command was queued, on any hub of this database. */
  onQueued(listener: (agentId: string) => void): Promise<AsyncDisposable>;
}

/** Bounds of what may wait: a device that is not answered to is not asked for ever more. */
const mostOpen = { device: 20, agent: 200 } as const;
const wireBatch = 100;
const expiryBatch = 500;
const channel = 'command_queued';

/** Commands from a person's wish to the agent's last word (design section 4, "Commands are truthful"). */
export function createCommands(deps: CommandsDeps): Commands {
  const { store, registry, bus, audit, clock, log } = deps;

  const deviceInScope = (scope: Scope, deviceId: string): CommandDevice => {
    const device = registry.deviceOf(deviceId);
    if (!device || !inScope(scope, device.unitPath)) throw new NotFoundError();
    return device;
  };

  const rowInScope = async (scope: Scope, id: string): Promise<CommandRow> => {
    const row = await findCommand(store.db, id);
    if (!row) throw new NotFoundError();
    deviceInScope(scope, row.device_id);
    return row;
  };

  const changed = (row: Pick<CommandRow, 'id' | 'device_id'>) => {
    bus.publish(
      { type: 'command-changed', command: row.id, device: row.device_id },
      registry.deviceOf(row.device_id)?.unitPath,
    );
  };

  /** Runs one input through the machine of each command, and writes what changed. */
  const step = async (trx: Trx, rows: readonly CommandRow[], input: CommandInput): Promise<number> => {
    const now = new Date(clock.now());
    let count = 0;
    for (const row of rows) {
      const before = progressOf(row);
      const after = advance(before, input);
      if (after === before) continue;
      await writeProgress(trx, row.id, after, now);
      afterCommit(trx, () => changed(row));
      count++;
    }
    return count;
  };

  const insert = (device: CommandDevice, actor: Actor, body: CommandRequest, args: Readonly<Record<string, unknown>>) =>
    store.transaction(async (trx) => {
      const declared = await declaredCommands(trx, device.id, body.capability);
      if (!declared?.includes(body.name))
        throw new InvalidInputError('name', `this device does not offer ${body.capability}.${body.name}`);
      const open = await countOpen(trx, device.agentId, device.id);
      if (open.device >= mostOpen.device || open.agent >= mostOpen.agent)
        throw new ConflictError('Too many commands wait for this device; let some end or expire first.');
      const now = clock.now();
      const row = await trx
        .insertInto('command')
        .values({
          id: randomUUID(),
          agent_id: device.agentId,
          device_id: device.id,
          capability: body.capability,
          name: body.name,
          args: JSON.stringify(args),
          state: 'queued',
          not_after: new Date(now + body.expiresInSeconds * 1000),
          created_by: actor.name,
          created_at: new Date(now),
          updated_at: new Date(now),
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      afterCommit(trx, () => changed(row));
      return row;
    });

  return {
    create: async (scope, actor, deviceId, body) => {
      const device = deviceInScope(scope, deviceId);
      const args = checkRequest(body);
      if (device.lifecycle === 'retired') throw new ConflictError('The device is retired; it takes no commands.');
      if (registry.agentOf(device.agentId)?.status !== 'active')
        throw new ConflictError('The agent of this device has no access to the hub; nothing can be sent to it.');
      const row = await insert(device, actor, body, args);
      // The wish stands in the audit log before anything is sent.
      await audit.append({
        actor: actor.id,
        action: 'command.create',
        subject: `device:${device.id}`,
        unitId: device.unitId,
        ...(body.purpose === undefined ? {} : { reason: body.purpose }),
        detail: { command: row.id, capability: body.capability, name: body.name, args },
      });
      await store.notify(channel, device.agentId);
      return viewOf(row);
    },

    get: async (scope, id) => {
      const row = await rowInScope(scope, id);
      return viewOf(row, (await pictureFacts(store.db, [id], new Date(clock.now()))).get(id));
    },

    listOf: async (scope, deviceId) => {
      const device = deviceInScope(scope, deviceId);
      const rows = await store.db
        .selectFrom('command')
        .selectAll()
        .where('device_id', '=', device.id)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .limit(100)
        .execute();
      const ids = rows.map((row) => row.id);
      const pictures = await pictureFacts(store.db, ids, new Date(clock.now()));
      return rows.map((row) => viewOf(row, pictures.get(row.id)));
    },

    pendingFor: async (agentId, options = {}) => {
      const rows = await store.db
        .selectFrom('command')
        .selectAll()
        .where('agent_id', '=', agentId)
        .where('state', 'in', options.again ? ['queued', 'sent'] : ['queued'])
        .where('not_after', '>', new Date(clock.now()))
        .orderBy('created_at')
        .orderBy('id')
        .limit(wireBatch)
        .execute();
      return rows.map(wireOf);
    },

    markSent: async (ids) => {
      if (ids.length === 0) return;
      await store.transaction(async (trx) => step(trx, await lockCommands(trx, ids), { type: 'sent' }));
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
      for (const [id, { row, before }] of known) {
        const after = progress.get(id);
        if (!after || after === before) continue;
        await writeProgress(trx, id, after, new Date(clock.now()));
        afterCommit(trx, () => changed(row));
      }
    },

    expire: async () => {
      const now = new Date(clock.now());
      const ids = await overdueIds(store.db, now.getTime(), expiryBatch);
      await store.db.deleteFrom('picture').where('expires_at', '<=', now).execute();
      if (ids.length === 0) return 0;
      return store.transaction(async (trx) =>
        step(trx, await lockCommands(trx, ids), { type: 'time', nowMs: now.getTime() }),
      );
    },

    storePicture: async (agentId, commandId, contentType, bytes) => {
      const device = await keepPicture(store, clock, { agentId, commandId, contentType, bytes });
      changed({ id: commandId, device_id: device });
    },

    picture: async (scope, id) => {
      const row = await store.db
        .selectFrom('picture')
        .selectAll()
        .where('command_id', '=', id)
        .where('expires_at', '>', new Date(clock.now()))
        .executeTakeFirst();
      if (!row) throw new NotFoundError();
      deviceInScope(scope, row.device_id);
      return { contentType: row.content_type, bytes: row.bytes, device: row.device_id };
    },

    onQueued: (listener) => store.listen(channel, { heard: listener }),
  };
}
