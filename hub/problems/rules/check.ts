import type { Condition, RuleBody } from '../../../protocols/api/operation/rules.ts';
import { capabilities, findMetric } from '../../../protocols/fleet/capabilities/index.ts';
import { InvalidInputError } from '../../access/index.ts';

/** What cannot be a rule, told by field, reason and remedy. */

/** Throws InvalidInputError for the first thing that cannot hold; the rule is refused whole. */
function checkCondition(condition: Condition): void {
  const { source, operator, threshold, forMinutes, repeat } = condition;
  if (source.kind === 'metric' && !findMetric(source.metric))
    refuse('condition.source.metric', `No capability has the metric ${source.metric}; choose one of the list.`);
  if (source.kind === 'state') checkPath(source.path);
  if (source.kind === 'metric' && typeof threshold !== 'number')
    refuse('condition.threshold', 'A metric is a number; give a number as threshold.');
  if (compares(operator) && typeof threshold !== 'number')
    refuse('condition.threshold', 'Above and below compare numbers; give a number, or choose equals or differs.');
  checkClear(condition);
  if (repeat && forMinutes > 0)
    refuse(
      'condition.repeat',
      'A rule waits for a duration or counts repeats; set forMinutes to 0 or leave repeat out.',
    );
}

function compares(operator: Condition['operator']): boolean {
  return operator === 'above' || operator === 'below';
}

function checkClear({ operator, threshold, clear }: Condition): void {
  if (clear === undefined) return;
  if (!compares(operator)) refuse('condition.clear', 'Only above and below have a clear threshold; leave it out.');
  if (operator === 'above' && clear > Number(threshold))
    refuse('condition.clear', `It is well again below the threshold: give at most ${threshold}.`);
  if (operator === 'below' && clear < Number(threshold))
    refuse('condition.clear', `It is well again above the threshold: give at least ${threshold}.`);
}

export function checkRule({ condition, filter }: Pick<RuleBody, 'condition' | 'filter'>): void {
  checkCondition(condition);
  if (filter.capability !== undefined && !Object.hasOwn(capabilities, filter.capability))
    refuse('filter.capability', `There is no capability ${filter.capability}; choose one of the list.`);
}

function checkPath(path: string): void {
  const [capability = '', ...keys] = path.split('.');
  const known = Object.hasOwn(capabilities, capability)
    ? capabilities[capability as keyof typeof capabilities]
    : undefined;
  if (!known) refuse('condition.source.path', `There is no capability ${capability}; choose one of the list.`);
  const [key = ''] = keys;
  if (!Object.hasOwn(known.state.shape, key))
    refuse(
      'condition.source.path',
      `The state of ${capability} has no ${key}; it has ${Object.keys(known.state.shape).join(', ')}.`,
    );
}

function refuse(field: string, message: string): never {
  throw new InvalidInputError(field, message);
}
