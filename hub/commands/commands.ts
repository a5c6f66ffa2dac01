import type { CommandListRow, CommandsQuery, CommandView } from '../../protocols/api/operation/commands.ts';
import { NotFoundError, type Scope } from '../access/index.ts';
import type { Page } from '../store/page.ts';
import { type Batches, createBatches } from './batches.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import { listCommands, listOfDevice } from './lists.ts';
import { keepPicture } from './pictures.ts';
import { type CommandContext, queuedChannel } from './ports.ts';
import { pictureFacts } from './rows.ts';
import { createSingles, type Singles } from './single.ts';
import { deviceInScope, rowInScope, tellChanged } from './steps.ts';
import { viewOf } from './view.ts';

interface Picture {
  readonly contentType: string;
  readonly bytes: Buffer;
  readonly device: string;
}

export interface Commands extends Delivery {
  /**
   * Queues a command, or has it wait for a second person; the same id again is the same command.
   * Throws NotFoundError, InvalidInputError, ConflictError, NotNowError, FatalError `too-many-requests`.
   */
  create: Singles['create'];
  /** What a person is told before: effect, obstacles, lessons, whether a second person has to agree. Throws as `create`. */
  check: Singles['check'];
  /** Takes a command back: at once while it has not left, else the agent is asked. Throws NotFoundError. */
  cancel: Singles['cancel'];
  /** Wishes for many devices, and what waits for a second person. */
  readonly batches: Batches;
  /** Throws NotFoundError. */
  get(scope: Scope, id: string): Promise<CommandView>;
  /** The newest commands of a device, at most 100. Throws NotFoundError. */
  listOf(scope: Scope, deviceId: string): Promise<CommandView[]>;
  /** Throws InvalidInputError `cursor`. */
  list(scope: Scope, query: CommandsQuery): Promise<Page<CommandListRow>>;
  /** Keeps an uploaded picture. Throws PictureError. */
  storePicture(agentId: string, commandId: string, contentType: string, bytes: Buffer): Promise<void>;
  /** The picture of a command while it is kept. Throws NotFoundError. */
  picture(scope: Scope, id: string): Promise<Picture>;
  /** Calls back with the agent for which something waits, on any hub of this database. */
  onQueued(listener: (agentId: string) => void): Promise<AsyncDisposable>;
}

/** Commands from a person's wish to the agent's last word (design section 4, "Commands are truthful"). */
export function createCommands(context: CommandContext): Commands {
  const { store, clock } = context;
  return {
    ...createSingles(context),
    ...createDelivery(context),
    batches: createBatches(context),

    get: async (scope, id) => {
      const row = await rowInScope(context, scope, id);
      return viewOf(row, (await pictureFacts(store.db, [id], new Date(clock.now()))).get(id));
    },

    listOf: async (scope, deviceId) => listOfDevice(context, deviceInScope(context, scope, deviceId).id),

    list: (scope, query) => listCommands(context, scope, query),

    storePicture: async (agentId, commandId, contentType, bytes) => {
      const device = await keepPicture(store, clock, { agentId, commandId, contentType, bytes });
      tellChanged(context, { id: commandId, device_id: device });
    },

    picture: async (scope, id) => {
      const row = await store.db
        .selectFrom('picture')
        .selectAll()
        .where('command_id', '=', id)
        .where('expires_at', '>', new Date(clock.now()))
        .executeTakeFirst();
      if (!row) throw new NotFoundError();
      deviceInScope(context, scope, row.device_id);
      return { contentType: row.content_type, bytes: row.bytes, device: row.device_id };
    },

    onQueued: (listener) => store.listen(queuedChannel, { heard: listener }),
  };
}
