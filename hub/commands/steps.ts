import { NotFoundError, type Scope, seesDevice } from '../access/index.ts';
import { afterCommit, type Trx } from '../store/index.ts';
import { advance, type CommandInput } from './machine.ts';
import type { CommandContext, CommandDevice } from './ports.ts';
import { findCommand, progressOf, writeProgress } from './rows.ts';
import type { CommandRow } from './view.ts';

/** The device, when it lies within the scope. Throws NotFoundError in the same words otherwise. */
export function deviceInScope({ registry }: CommandContext, scope: Scope, deviceId: string): CommandDevice {
  const device = registry.deviceOf(deviceId);
  if (!device || !seesDevice(scope, device)) throw new NotFoundError();
  return device;
}

/** The command, when its device lies within the scope. Throws NotFoundError in the same words otherwise. */
export async function rowInScope(context: CommandContext, scope: Scope, id: string): Promise<CommandRow> {
  const row = await findCommand(context.store.db, id);
  if (!row) throw new NotFoundError();
  deviceInScope(context, scope, row.device_id);
  return row;
}

/** Tells pages that a command is another. */
export function tellChanged({ bus, registry }: CommandContext, row: Pick<CommandRow, 'id' | 'device_id'>): void {
  bus.publish(
    { type: 'command-changed', command: row.id, device: row.device_id },
    registry.deviceOf(row.device_id)?.unitPath,
  );
}

/** Of more at once pages hear by the wish that they belong to: one event, not thousands. */
const mostTold = 500;

/** Runs one input through the machine of each command, and writes what changed; returns those rows. */
export async function step(
  context: CommandContext,
  trx: Trx,
  rows: readonly CommandRow[],
  input: CommandInput | ((row: CommandRow) => CommandInput),
  cancelledBy: string | null = null,
): Promise<CommandRow[]> {
  const changes = rows.flatMap((row) => {
    const before = progressOf(row);
    const progress = advance(before, typeof input === 'function' ? input(row) : input);
    return progress === before ? [] : [{ id: row.id, progress, row }];
  });
  await writeProgress(trx, changes, new Date(context.clock.now()), cancelledBy);
  if (changes.length <= mostTold) for (const { row } of changes) afterCommit(trx, () => tellChanged(context, row));
  return changes.map(({ row, progress }) => ({ ...row, state: progress.state }));
}
