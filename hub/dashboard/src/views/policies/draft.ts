import type { z } from 'zod';
import {
  type createPolicyBody,
  type PolicyView,
  policyBodySchema,
  type RuleBody,
  type ScheduleBody,
} from '../../../../../protocols/api/operation/policies.ts';

export const templates = ['lessons', 'night', 'gate'] as const;
export type Template = (typeof templates)[number];
export const missedRules = ['run-if-within', 'run-once', 'skip'] as const;

/** What the form holds: plain fields of all templates; each uses its own. */
export interface Draft {
  readonly template: Template;
  readonly name: string;
  /** Kinds of devices that are switched; at least one, so that nobody turns a server off unawares. */
  readonly families: readonly string[];
  readonly before: number;
  readonly after: number;
  readonly time: string;
  readonly stagger: number;
  readonly missed: (typeof missedRules)[number];
  readonly token: string;
  readonly cooldown: number;
}

export const firstDraft: Draft = {
  template: 'lessons',
  name: '',
  families: [],
  before: 10,
  after: 20,
  time: '21:00',
  stagger: 5,
  missed: 'run-if-within',
  token: '',
  cooldown: 60,
};

type Body = z.input<typeof createPolicyBody>['body'];

/** The policy that a form describes. */
export function bodyOf(draft: Draft): Body {
  const missed =
    draft.missed === 'run-if-within' ? { kind: draft.missed, minutes: 30 } : ({ kind: draft.missed } as const);
  const on = { capability: 'power', name: 'on' };
  const off = { capability: 'power', name: 'off' };
  switch (draft.template) {
    case 'lessons':
      return {
        kind: 'schedule',
        target: { families: [...draft.families] },
        steps: [
          { trigger: { kind: 'timetable', edge: 'first-start', offsetMinutes: -draft.before }, command: on },
          { trigger: { kind: 'timetable', edge: 'last-end', offsetMinutes: draft.after }, command: off },
        ],
        staggerSeconds: draft.stagger,
        missed,
      };
    case 'night':
      return {
        kind: 'schedule',
        target: { families: [...draft.families] },
        steps: [
          {
            trigger: { kind: 'clock', time: draft.time, on: ['lessons', 'no-lessons', 'off', 'exam'] },
            command: off,
          },
        ],
        staggerSeconds: draft.stagger,
        missed,
      };
    case 'gate':
      return {
        kind: 'rule',
        watch: { kind: 'event', capability: 'gate', name: 'alarm' },
        commands: [{ capability: 'relay', name: 'set', args: { token: draft.token.trim(), active: true } }],
        event: { severity: 'warning', text: draft.name.trim() || 'gate alarm' },
        cooldownSeconds: draft.cooldown,
      };
  }
}

/** The form of a policy that stands; undefined for one that is made otherwise, which the form would only damage. */
export function draftOf({ name, body }: Pick<PolicyView, 'name' | 'body'>): Draft | undefined {
  const draft = body.kind === 'rule' ? gateOf(body) : scheduleOf(body);
  if (!draft) return undefined;
  const named = { ...firstDraft, ...draft, name };
  return sameBody(bodyOf(named), body) ? named : undefined;
}

function gateOf({ commands, cooldownSeconds }: RuleBody): Partial<Draft> {
  return { template: 'gate', token: String(commands[0]?.args['token'] ?? ''), cooldown: cooldownSeconds };
}

function scheduleOf({ target, steps, staggerSeconds, missed }: ScheduleBody): Partial<Draft> | undefined {
  const shared = { families: target.families ?? [], stagger: staggerSeconds, missed: missed.kind };
  const [first, second] = steps.map(({ trigger }) => trigger);
  if (first?.kind === 'clock') return { ...shared, template: 'night', time: first.time };
  if (first?.kind !== 'timetable' || second?.kind !== 'timetable') return undefined;
  return { ...shared, template: 'lessons', before: -first.offsetMinutes, after: second.offsetMinutes };
}

/** What the hub fills in by itself is no difference. */
function sameBody(made: Body, kept: PolicyView['body']): boolean {
  return canonical(policyBodySchema.parse(made)) === canonical(kept);
}

/** Text that is the same whatever the order of keys; the words that a rule tells of itself aside, for they follow its name. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (key === 'text') return '';
    const isRecord = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    return isRecord ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner;
  });
}
