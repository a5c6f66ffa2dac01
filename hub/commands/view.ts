import type { Selectable } from 'kysely';
import type { CommandView } from '../../protocols/api/operation/commands.ts';
import type { Command } from '../../protocols/fleet/messages.ts';
import type { Tables } from '../store/tables.ts';

export type CommandRow = Selectable<Tables['command']>;

/** What is known of a command's picture without its bytes. */
export interface PictureFacts {
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly takenAt: Date;
  readonly expiresAt: Date;
}

/** A row as the API tells it. */
export function viewOf(row: CommandRow, picture?: PictureFacts): CommandView {
  return {
    id: row.id,
    device: row.device_id,
    capability: row.capability,
    name: row.name,
    args: row.args,
    state: row.state,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    updatedAt: row.updated_at.toISOString(),
    ...(row.not_before && row.state === 'queued' ? { notBefore: row.not_before.toISOString() } : {}),
    notAfter: row.not_after.toISOString(),
    ...(row.problem ? { problem: row.problem } : {}),
    ...(row.output ? { output: row.output } : {}),
    ...(row.batch_id === null ? {} : { batch: row.batch_id }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.forced ? { forced: row.forced } : {}),
    ...(row.cancel_asked_at ? { cancelAskedAt: row.cancel_asked_at.toISOString() } : {}),
    ...(row.cancelled_by === null ? {} : { cancelledBy: row.cancelled_by }),
    ...(picture
      ? {
          picture: {
            contentType: picture.contentType,
            sizeBytes: picture.sizeBytes,
            takenAt: picture.takenAt.toISOString(),
            expiresAt: picture.expiresAt.toISOString(),
          },
        }
      : {}),
  };
}

/** A row as the agent gets it. */
export function wireOf(row: CommandRow): Command {
  return {
    id: row.id,
    device: row.device_id,
    capability: row.capability,
    name: row.name,
    args: row.args,
    notAfter: row.not_after.getTime(),
    issuedAt: row.created_at.getTime(),
    ...(row.forced ? { forced: row.forced } : {}),
  };
}
