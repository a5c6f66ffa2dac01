import type { z } from 'zod';
import type { createPolicyBody } from '../../../../../protocols/api/operation/policies.ts';

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
