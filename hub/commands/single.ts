import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { CommandCheck, CommandView } from '../../protocols/api/operation/commands.ts';
import { FatalError } from '../../protocols/errors.ts';
import { obstaclesOf } from '../../protocols/fleet/capabilities/index.ts';
import { type Actor, ConflictError, InvalidInputError, inScope, NotFoundError, type Scope } from '../access/index.ts';
import { afterCommit, type Trx } from '../store/index.ts';
import { readCandidates } from './candidates.ts';
import { NotNowError } from './error.ts';
import { type Candidate, type Judgement, judge, needsSecondPerson, type Wish } from './judgement.ts';
import { isSettled } from './machine.ts';
import { type CommandContext, type CommandDevice, queuedChannel } from './ports.ts';
import { type CheckedRequest, type CommandRequest, checkRequest, requirePurpose } from './request.ts';
import { countSingles, findCommand, insertCommands, lockCommands } from './rows.ts';
import { rates } from './schedule.ts';
import { deviceInScope, rowInScope, step, tellChanged } from './steps.ts';
import { type CommandRow, viewOf } from './view.ts';

/** How long a wish waits for a second person. */
export const approvalMs = 24 * 3_600_000;

/** One wish for one device. */
export interface Singles {
  create(scope: Scope, actor: Actor, deviceId: string, body: CommandRequest): Promise<CommandView>;
  check(scope: Scope, actor: Actor, deviceId: string, body: CommandRequest): Promise<CommandCheck>;
  cancel(scope: Scope, actor: Actor, id: string): Promise<CommandView>;
}

export function createSingles(context: CommandContext): Singles {
  const { store, momentAt, audit, clock } = context;

  /** The same wish under the same id. Throws ConflictError when the id stands for another. */
  const requireSame = (row: CommandRow, actor: Actor, deviceId: string, body: CommandRequest, args: unknown) => {
    const isSame =
      row.created_by_id === actor.id &&
      row.device_id === deviceId &&
      row.capability === body.capability &&
      row.name === body.name &&
      isDeepStrictEqual(row.args, args);
    if (!isSame) throw new ConflictError('This id stands for another command; take a fresh one.');
    return viewOf(row);
  };

  const requireRate = async (trx: Trx, schoolId: number | undefined) => {
    if (schoolId === undefined) return;
    const count = await countSingles(trx, schoolId, new Date(clock.now() - 60_000));
    if (count < rates.singlesPerMinute) return;
    throw new FatalError(
      'too-many-requests',
      `This school got ${count} commands within a minute; wait a little, or give one wish for many devices.`,
      { details: { retryAfterMs: 10_000 } },
    );
  };

  const insert = async (
    trx: Trx,
    actor: Actor,
    candidate: Candidate,
    body: CommandRequest,
    { command, args }: CheckedRequest,
  ) => {
    const wish = wishOf(body, command, inScope(actor.scopeFor('override'), candidate.unitPath));
    const judgement = judge(candidate, wish, momentAt(candidate.unitId, clock.now()));
    const forced = requireGiven(judgement, body);
    await requireRate(trx, candidate.schoolId);
    const needsApproval = needsSecondPerson(command, 1) && !inScope(actor.scopeFor('approve'), candidate.unitPath);
    const rows = rowsOf({ actor, candidate, body, args, wish, forced, needsApproval, nowMs: clock.now() });
    if (rows.batch) await trx.insertInto('command_batch').values(rows.batch).execute();
    const count = await insertCommands(trx, [rows.command]);
    const { id } = rows.command;
    afterCommit(trx, () => tellChanged(context, { id, device_id: candidate.id }));
    return count === 1 ? id : undefined;
  };

  return {
    create: async (scope, actor, deviceId, body) => {
      const device = deviceInScope(context, scope, deviceId);
      const checked = checkRequest(body);
      requirePurpose(body);
      const known = body.id === undefined ? undefined : await findCommand(store.db, body.id);
      if (known) return requireSame(known, actor, deviceId, body, checked.args);
      const id = await store.transaction(async (trx) => {
        const query = { capability: body.capability, name: body.name, command: checked.command };
        const [candidate] = await readCandidates(context, trx, [deviceId], query);
        if (!candidate) throw new NotFoundError();
        return insert(trx, actor, candidate, body, checked);
      });
      const row = await findCommand(store.db, id ?? body.id ?? '');
      if (!row) throw new NotFoundError();
      if (id === undefined) return requireSame(row, actor, deviceId, body, checked.args);
      // The wish stands in the audit log before anything is sent.
      await audit.append(entryOf(actor, device, row, body));
      if (row.state === 'queued') await store.notify(queuedChannel, device.agentId);
      return viewOf(row);
    },

    check: async (scope, actor, deviceId, body) => {
      const device = deviceInScope(context, scope, deviceId);
      const { command } = checkRequest({ ...body, force: false, evenInExam: false });
      const query = { capability: body.capability, name: body.name, command };
      const [candidate] = await readCandidates(context, store.db, [deviceId], query);
      if (!candidate) throw new NotFoundError();
      const moment = momentAt(device.unitId, clock.now());
      const standing = candidate.isAway ? [] : obstaclesOf(command.requires, candidate.states);
      const period = moment.period?.name ?? moment.day.name;
      return {
        effect: command.effect,
        disturbs: command.disturbs,
        danger: command.danger,
        idempotent: command.idempotent,
        obstacles: standing.map(({ code, label, remedy, mayForce }) => ({ code, label, remedy, mayForce })),
        lesson: command.disturbs !== 'none' && moment.isLesson,
        exam: command.disturbs !== 'none' && moment.isFrozen,
        ...(period === undefined ? {} : { period }),
        away: candidate.isAway,
        needsApproval: needsSecondPerson(command, 1) && !inScope(actor.scopeFor('approve'), device.unitPath),
        mayOverride: inScope(actor.scopeFor('override'), device.unitPath),
      };
    },

    cancel: async (scope, actor, id) => {
      const row = await rowInScope(context, scope, id);
      if (isSettled(row.state)) return viewOf(row);
      const device = deviceInScope(context, scope, row.device_id);
      await audit.append({
        actor: actor.id,
        action: 'command.cancel',
        subject: `device:${row.device_id}`,
        unitId: device.unitId,
        detail: { command: id, capability: row.capability, name: row.name, state: row.state },
      });
      await store.transaction(async (trx) => {
        await step(context, trx, await lockCommands(trx, [id]), { type: 'cancel' }, actor.name);
      });
      await store.notify(queuedChannel, row.agent_id);
      return viewOf((await findCommand(store.db, id)) ?? row);
    },
  };
}

function entryOf(actor: Actor, device: CommandDevice, row: CommandRow, body: CommandRequest) {
  const reason = body.reason ?? body.purpose;
  return {
    actor: actor.id,
    action: 'command.create',
    subject: `device:${device.id}`,
    unitId: device.unitId,
    ...(reason === undefined ? {} : { reason }),
    detail: {
      command: row.id,
      capability: row.capability,
      name: row.name,
      args: row.args,
      ...(row.forced ? { forced: row.forced } : {}),
      ...(row.state === 'awaiting-approval' ? { awaits: 'approval' } : {}),
    },
  };
}

interface SingleWish {
  readonly actor: Actor;
  readonly candidate: Candidate;
  readonly body: CommandRequest;
  readonly args: CheckedRequest['args'];
  readonly wish: Wish;
  readonly forced: readonly string[];
  readonly needsApproval: boolean;
  readonly nowMs: number;
}

/** The rows of one wish; what waits for a second person is a batch of one, so that approvals are one list. */
function rowsOf({ actor, candidate, body, args, wish, forced, needsApproval, nowMs }: SingleWish) {
  const id = body.id ?? randomUUID();
  const lifeSeconds = body.expiresInSeconds ?? 60;
  const deadline = new Date(nowMs + approvalMs);
  const shared = {
    id,
    capability: body.capability,
    name: body.name,
    args: JSON.stringify(args),
    reason: body.reason ?? null,
    created_by: actor.name,
    created_by_id: actor.id,
    created_at: new Date(nowMs),
  };
  const command = {
    ...shared,
    agent_id: candidate.agentId,
    device_id: candidate.id,
    state: needsApproval ? ('awaiting-approval' as const) : ('queued' as const),
    not_after: needsApproval ? deadline : new Date(nowMs + lifeSeconds * 1000),
    updated_at: new Date(nowMs),
    batch_id: needsApproval ? id : null,
    school_id: candidate.schoolId ?? null,
    forced: forced.length > 0 ? JSON.stringify(forced) : null,
    disturbs: wish.command.disturbs !== 'none',
    even_in_lesson: wish.evenInLesson,
    even_in_exam: wish.evenInExam && wish.mayOverride,
  };
  const batch = {
    ...shared,
    unit_id: candidate.unitId,
    single: true,
    total: 1,
    exclusions: '[]',
    expires_in: lifeSeconds,
    approval: 'awaiting' as const,
    approve_before: deadline,
  };
  return { command, ...(needsApproval ? { batch } : {}) };
}

function wishOf(body: CommandRequest, command: Wish['command'], mayOverride: boolean): Wish {
  return {
    command,
    force: body.force ?? false,
    evenInLesson: body.evenInLesson ?? false,
    evenInExam: body.evenInExam ?? false,
    mayOverride,
    isBulk: false,
  };
}

/** The codes that are overruled. Throws for whatever keeps the device from getting it. */
function requireGiven(judgement: Judgement, { capability, name }: CommandRequest): readonly string[] {
  if (judgement.isGiven) return judgement.forced;
  const { code, obstacle } = judgement;
  if (obstacle) throw new NotNowError('precondition', `${obstacle.label.en} ${obstacle.remedy.en} (${obstacle.code})`);
  switch (code) {
    case 'retired':
      throw new ConflictError('The device is retired; it takes no commands.');
    case 'no-access':
      throw new ConflictError('The agent of this device has no access to the hub; nothing can be sent to it.');
    case 'not-offered':
      throw new InvalidInputError('name', `this device does not offer ${capability}.${name}`);
    case 'lesson':
      throw new NotNowError(
        'in-lesson',
        'The school has a lesson now, and this disturbs it. Wait for its end, or say evenInLesson.',
      );
    case 'exam':
      throw new NotNowError(
        'exam-freeze',
        'The school holds an examination, and this disturbs it. Whoever may overrule says evenInExam, with a reason.',
      );
    default:
      throw new ConflictError('Too many commands wait for this device; let some end or expire first.');
  }
}
