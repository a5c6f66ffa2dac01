import type { CommandExclusion } from '../../protocols/api/operation/commands.ts';
import type { Moment } from '../../protocols/fleet/calendar/moment.ts';
import {
  type CapabilityCommand,
  obstaclesOf,
  type Precondition,
  type ReportedStates,
} from '../../protocols/fleet/capabilities/index.ts';
import type { Lifecycle } from '../store/tables.ts';

/** A device as it stands when a wish is judged. */
export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly agentId: string;
  readonly unitId: number;
  readonly unitPath: string;
  readonly schoolId: number | undefined;
  readonly lifecycle: Lifecycle;
  readonly hasAccess: boolean;
  /** It declared this command. */
  readonly isOffered: boolean;
  /** It does not answer now: what it reported is of the past, and says nothing. */
  readonly isAway: boolean;
  readonly states: ReportedStates;
  /** The same command is still open. */
  readonly isWaiting: boolean;
  readonly open: { readonly device: number; readonly agent: number };
}

/** A wish, and what of the ordinary care its giver may and does set aside. */
export interface Wish {
  readonly command: CapabilityCommand;
  readonly force: boolean;
  readonly evenInLesson: boolean;
  readonly evenInExam: boolean;
  readonly mayOverride: boolean;
  /** One wish for many: a device that has it already is left out. */
  readonly isBulk: boolean;
}

export type Judgement =
  | { readonly isGiven: true; readonly forced: readonly string[] }
  | { readonly isGiven: false; readonly code: string; readonly obstacle?: Precondition };

/** Bounds of what may wait: a device that is not answered to is not asked for ever more. */
const mostOpen = { device: 20, agent: 200 } as const;

const no = (code: string): Judgement => ({ isGiven: false, code });

/** Whether a device gets a command now, and if not, the first reason; pure. */
export function judge(candidate: Candidate, wish: Wish, moment: Moment): Judgement {
  if (candidate.lifecycle === 'retired') return no('retired');
  if (!candidate.hasAccess) return no('no-access');
  if (!candidate.isOffered) return no('not-offered');
  const held = heldBy(wish, moment);
  if (held) return no(held);
  if (wish.isBulk && candidate.isWaiting) return no('already-waiting');
  if (candidate.open.device >= mostOpen.device || candidate.open.agent >= mostOpen.agent) return no('too-many');
  return judgeObstacles(candidate, wish);
}

function heldBy({ command, evenInLesson, evenInExam, mayOverride }: Wish, moment: Moment): string | undefined {
  if (command.disturbs === 'none') return undefined;
  if (moment.isFrozen && !(evenInExam && mayOverride)) return 'exam';
  if (moment.isLesson && !moment.isFrozen && !evenInLesson) return 'lesson';
  return undefined;
}

/** Without news of the device there is nothing to refuse by: its agent looks again right before it acts. */
function judgeObstacles({ isAway, states }: Candidate, { command, force, mayOverride }: Wish): Judgement {
  const mayForce = force && mayOverride;
  const standing = isAway ? [] : obstaclesOf(command.requires, states);
  const obstacle = standing.find((one) => !(mayForce && one.mayForce));
  if (obstacle) return { isGiven: false, code: obstacle.code, obstacle };
  const overruled = isAway ? command.requires.filter((one) => one.mayForce) : standing;
  return { isGiven: true, forced: mayForce ? overruled.map(({ code }) => code) : [] };
}

/** When a command that was queued earlier may go after all; undefined when it may go now. */
export function heldUntil(
  row: { readonly disturbs: boolean; readonly even_in_lesson: boolean; readonly even_in_exam: boolean },
  moment: Moment,
): number | undefined {
  if (!row.disturbs) return undefined;
  const isHeld = moment.isFrozen ? !row.even_in_exam : moment.isLesson && !row.even_in_lesson;
  return isHeld ? moment.changesAtMs : undefined;
}

const mostExamples = 5;

/** Devices that were left out, by reason, the largest group first, each with a few of them by name. */
export function groupExclusions(
  left: readonly { readonly id: string; readonly name: string; readonly code: string }[],
): CommandExclusion[] {
  const groups = new Map<string, CommandExclusion>();
  for (const { id, name, code } of left) {
    const group = groups.get(code) ?? { code, count: 0, examples: [] };
    group.count++;
    if (group.examples.length < mostExamples) group.examples.push({ id, name });
    groups.set(code, group);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

/** From how many devices on a wish needs a second person, by what it does. */
export const manyOf = { medium: 20, disturbing: 100, any: 500 } as const;

/** Whether one person alone does too much harm by a mistake. */
export function needsSecondPerson({ danger, disturbs }: CapabilityCommand, count: number): boolean {
  if (danger === 'high' || count > manyOf.any) return true;
  if (danger === 'medium' && count > manyOf.medium) return true;
  return disturbs !== 'none' && count > manyOf.disturbing;
}
