import type { PolicyView, RuleBody, ScheduleBody } from '../../../../../protocols/api/operation/policies.ts';
import { findCapability } from '../../../../../protocols/fleet/capabilities/index.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { useCommandName } from '../commands/command-name.ts';
import { eventKey } from '../device/event-title.ts';

type Trigger = ScheduleBody['steps'][number]['trigger'];
type Edge = Extract<Trigger, { kind: 'timetable' }>['edge'];

const edges: Readonly<Record<Edge, { readonly before: TextKey; readonly after: TextKey }>> = {
  'first-start': { before: 'policies.when.first-start.before', after: 'policies.when.first-start.after' },
  'last-end': { before: 'policies.when.last-end.before', after: 'policies.when.last-end.after' },
  'each-start': { before: 'policies.when.each-start.before', after: 'policies.when.each-start.after' },
  'each-end': { before: 'policies.when.each-end.before', after: 'policies.when.each-end.after' },
};

const states: Readonly<Record<string, TextKey>> = {
  succeeded: 'policies.state.succeeded',
  failed: 'policies.state.failed',
  expired: 'policies.state.expired',
  unknown: 'policies.state.unknown',
  cancelled: 'policies.state.cancelled',
  missed: 'policies.state.missed',
  superseded: 'policies.state.superseded',
  frozen: 'policies.state.frozen',
  fired: 'policies.state.fired',
  cooldown: 'policies.state.cooldown',
  'too-often': 'policies.state.too-often',
};

/** Policies in the reader's words, a line for each thing that they do. */
export function usePolicyWords() {
  const { t, pick } = useText();
  const nameOf = useCommandName();
  const when = (trigger: Trigger): string => {
    switch (trigger.kind) {
      case 'timetable': {
        const { before, after } = edges[trigger.edge];
        return t(trigger.offsetMinutes <= 0 ? before : after, { minutes: Math.abs(trigger.offsetMinutes) });
      }
      case 'clock':
        return t('policies.when.clock', { time: trigger.time });
      case 'cron':
        return t('policies.when.cron', { pattern: trigger.pattern });
    }
  };
  const rule = ({ watch, commands, event }: RuleBody): string => {
    const label = findCapability(watch.capability)?.label;
    const key = watch.name === undefined ? undefined : eventKey(watch.capability, watch.name);
    const told = [label ? pick(label) : watch.capability, key ? t(key) : watch.name].filter(Boolean).join(': ');
    const then = [...commands.map(nameOf), ...(event ? [t('policies.rule.event')] : [])].join(', ');
    return t('policies.rule', { what: told, then });
  };
  return {
    linesOf: ({ body }: Pick<PolicyView, 'body'>): readonly string[] =>
      body.kind === 'rule'
        ? [rule(body)]
        : body.steps.map(({ trigger, command }) => t('policies.step', { when: when(trigger), what: nameOf(command) })),
    stateOf: (state: string): string => {
      const key = states[state];
      return key ? t(key) : state;
    },
    nameOf,
  };
}
