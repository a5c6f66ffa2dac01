import type { z } from 'zod';
import type { Severity } from '../../../../../protocols/api/operation/problems.ts';
import type { Rule, ruleBody } from '../../../../../protocols/api/operation/rules.ts';

type Body = z.input<typeof ruleBody>;

/** A rule while it is typed: texts as they stand in the fields. */
export interface RuleDraft {
  readonly unit: number | undefined;
  readonly name: string;
  readonly titleVi: string;
  readonly titleEn: string;
  readonly nextVi: string;
  readonly nextEn: string;
  readonly severity: Severity;
  readonly family: string | null;
  readonly capability: string | null;
  readonly source: 'metric' | 'state';
  readonly metric: string | null;
  readonly path: string;
  readonly operator: 'above' | 'below' | 'equals' | 'differs';
  readonly threshold: string;
  readonly clear: string;
  readonly forMinutes: string;
  readonly times: string;
  readonly within: string;
  readonly when: 'always' | 'lessons' | 'outside-lessons';
  readonly enabled: boolean;
}

export function draftOf(rule: Rule | undefined): RuleDraft {
  const condition = rule?.condition;
  const source = condition?.source;
  return {
    unit: rule?.unit.id,
    name: rule?.name ?? '',
    titleVi: rule?.title.vi ?? '',
    titleEn: rule?.title.en ?? '',
    nextVi: rule?.next.vi ?? '',
    nextEn: rule?.next.en ?? '',
    severity: rule?.severity ?? 'minor',
    family: rule?.filter.family ?? null,
    capability: rule?.filter.capability ?? null,
    source: source?.kind ?? 'metric',
    metric: source?.kind === 'metric' ? source.metric : null,
    path: source?.kind === 'state' ? source.path : '',
    ...numbersOf(condition),
    operator: condition?.operator ?? 'above',
    when: condition?.when ?? 'always',
    enabled: rule?.enabled ?? true,
  };
}

function numbersOf(condition: Rule['condition'] | undefined) {
  return {
    threshold: textOf(condition?.threshold),
    clear: textOf(condition?.clear),
    forMinutes: String(condition?.forMinutes ?? 0),
    times: textOf(condition?.repeat?.times),
    within: textOf(condition?.repeat?.withinMinutes),
  };
}

function textOf(value: string | number | boolean | undefined): string {
  return value === undefined ? '' : String(value);
}

/** `true` and `false` are meant as such, what reads as a number is one; all else is text. */
function valueOfText(text: string): string | number | boolean {
  const plain = text.trim();
  if (plain === 'true' || plain === 'false') return plain === 'true';
  return plain !== '' && Number.isFinite(Number(plain)) ? Number(plain) : plain;
}

function numberOf(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text);
}

export function conditionOf(draft: RuleDraft): Body['condition'] {
  const times = numberOf(draft.times);
  const clear = numberOf(draft.clear);
  return {
    source:
      draft.source === 'metric'
        ? { kind: 'metric', metric: draft.metric ?? '' }
        : { kind: 'state', path: draft.path.trim() },
    operator: draft.operator,
    threshold: valueOfText(draft.threshold),
    ...(clear === undefined ? {} : { clear }),
    forMinutes: numberOf(draft.forMinutes) ?? 0,
    ...(times === undefined ? {} : { repeat: { times, withinMinutes: numberOf(draft.within) ?? 60 } }),
    when: draft.when,
  };
}

export function filterOf(draft: RuleDraft): NonNullable<Body['filter']> {
  const { family, capability } = draft;
  return { ...(family === null ? {} : { family }), ...(capability === null ? {} : { capability }) };
}

/** What is sent; the English words are those of Vietnamese where none were given. */
export function bodyOf(draft: RuleDraft, unit: number): Body {
  return {
    unit,
    name: draft.name.trim(),
    title: { vi: draft.titleVi.trim(), en: draft.titleEn.trim() || draft.titleVi.trim() },
    next: { vi: draft.nextVi.trim(), en: draft.nextEn.trim() || draft.nextVi.trim() },
    severity: draft.severity,
    filter: filterOf(draft),
    condition: conditionOf(draft),
    enabled: draft.enabled,
  };
}
