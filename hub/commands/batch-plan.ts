import type { z } from 'zod';
import type { BatchPreview, CommandExclusion, createBatchBody } from '../../protocols/api/operation/commands.ts';
import { type Actor, InvalidInputError, inScope, type Scope } from '../access/index.ts';
import { readCandidates } from './candidates.ts';
import { type Candidate, groupExclusions, judge, needsSecondPerson } from './judgement.ts';
import type { CommandContext } from './ports.ts';
import { type CheckedRequest, checkRequest, takesPicture } from './request.ts';
import { readLoad } from './rows.ts';
import { stagger } from './schedule.ts';

export type BatchRequest = z.output<typeof createBatchBody>;

/** Most devices of one wish. */
const mostDevices = 10_000;

export interface BatchPlan extends CheckedRequest {
  readonly included: readonly { readonly candidate: Candidate; readonly forced: readonly string[] }[];
  readonly exclusions: CommandExclusion[];
  readonly needsApproval: boolean;
  /** When each of those included goes, in their order. */
  readonly moments: readonly number[];
}

/**
 * Who would get a wish for many, who not and why, and when; nothing is written.
 * Throws InvalidInputError for a wish that fits no device, or more than 10,000 devices.
 */
export async function planBatch(
  context: CommandContext,
  scope: Scope,
  actor: Actor,
  body: BatchRequest,
): Promise<BatchPlan> {
  const { store, momentAt, clock } = context;
  // A reason is asked for when it is given, not to see what it would do.
  const checked = checkRequest({ ...body, force: false, evenInExam: false });
  if (takesPicture(body.capability, body.name))
    throw new InvalidInputError('name', 'a picture is taken of one device, for a purpose; not of many at once');
  const { ids, unknown } = await targetIds(context, scope, body);
  const query = { capability: body.capability, name: body.name, command: checked.command };
  const candidates = await readCandidates(context, store.db, ids, query);
  const override = actor.scopeFor('override');
  const now = clock.now();
  const openOfAgent = new Map<string, number>();
  const left: { id: string; name: string; code: string }[] = unknown.map((id) => ({ id, name: id, code: 'not-found' }));
  const included: { candidate: Candidate; forced: readonly string[] }[] = [];
  for (const candidate of candidates) {
    const { command } = checked;
    const { force, evenInLesson, evenInExam } = body;
    const mayOverride = inScope(override, candidate.unitPath);
    const wish = { command, force, evenInLesson, evenInExam, mayOverride, isBulk: true };
    // Those before it in this very wish wait for the same agent.
    const agent = openOfAgent.get(candidate.agentId) ?? candidate.open.agent;
    const open = { ...candidate.open, agent };
    const judgement = judge({ ...candidate, open }, wish, momentAt(candidate.unitId, now));
    if (!judgement.isGiven) {
      left.push({ id: candidate.id, name: candidate.name, code: judgement.code });
      continue;
    }
    openOfAgent.set(candidate.agentId, agent + 1);
    included.push({ candidate, forced: judgement.forced });
  }
  const isOwn = included.every(({ candidate }) => inScope(actor.scopeFor('approve'), candidate.unitPath));
  const schools = included.map(({ candidate }) => candidate.schoolId);
  return {
    ...checked,
    included,
    exclusions: groupExclusions(left),
    needsApproval: needsSecondPerson(checked.command, included.length) && !isOwn,
    moments: stagger(schools, await readLoad(store.db, new Date(now)), now),
  };
}

async function targetIds({ registry }: CommandContext, scope: Scope, { target }: BatchRequest) {
  const { ids, ...filter } = target;
  if (ids) {
    if (Object.values(filter).some((value) => value !== undefined))
      throw new InvalidInputError('target', 'give the ids of devices or a filter, not both');
    const distinct = [...new Set(ids)];
    const isHere = (id: string) => {
      const device = registry.deviceOf(id);
      return device !== undefined && inScope(scope, device.unitPath);
    };
    return { ids: distinct.filter(isHere), unknown: distinct.filter((id) => !isHere(id)) };
  }
  const matching = await registry.matchDevices(scope, filter, mostDevices + 1);
  if (matching.length > mostDevices)
    throw new InvalidInputError('target', `more than ${mostDevices} devices match; narrow the filter`);
  return { ids: matching, unknown: [] };
}

/** The dry run. */
export function previewOf(plan: BatchPlan, mayOverride: boolean, nowMs: number): BatchPreview {
  const { command, included, exclusions, needsApproval, moments } = plan;
  const lastMs = moments.reduce((last, at) => Math.max(last, at), nowMs);
  return {
    effect: command.effect,
    disturbs: command.disturbs,
    danger: command.danger,
    included: included.length,
    schools: new Set(included.map(({ candidate }) => candidate.schoolId)).size,
    away: included.filter(({ candidate }) => candidate.isAway).length,
    exclusions,
    needsApproval,
    mayOverride,
    spreadSeconds: Math.round((lastMs - nowMs) / 1000),
  };
}
