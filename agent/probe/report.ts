import type { ProbeResult } from './probe.ts';
import type { Step } from './steps.ts';
import { type Language, texts } from './texts.ts';

const marks: Readonly<Record<Step['status'], string>> = { ok: '✓', failed: '✗', skipped: '-', 'not-needed': '·' };

/** A step for a person: one line, and three more when it failed. */
function stepLines(step: Step, language: Language): readonly string[] {
  const { steps, status, causes, detail } = texts[language];
  const label = steps[step.name].padEnd(18);
  const time = step.ms === undefined || step.status === 'skipped' ? '' : ` (${step.ms} ms)`;
  const facts = step.facts.join(', ');
  if (step.status !== 'failed') {
    return [`${marks[step.status]} ${label} ${facts === '' ? status[step.status] : facts}${time}`];
  }
  const { what, remedy } = causes[step.cause ?? 'internal'];
  return [
    `${marks.failed} ${label} ${what}${time}`,
    ...(facts === '' ? [] : [`  ${''.padEnd(18)} ${facts}`]),
    `  ${''.padEnd(18)} → ${remedy}`,
    ...(step.detail === undefined ? [] : [`  ${''.padEnd(18)} ${detail}: ${plain(step.detail)}`]),
  ];
}

/** Words of a device must not move the cursor of who reads them. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ');
}

/** The whole answer for a person. */
export function describeProbe(result: ProbeResult, language: Language): readonly string[] {
  const { allAnswered, notAll, states, secondOpinion, verdicts } = texts[language];
  const told = [...result.attempt.states].map(([name, state]) => `    ${name}: ${plain(JSON.stringify(state))}`);
  const { second } = result;
  return [
    ...result.steps.flatMap((step) => stepLines(step, language)),
    ...(told.length === 0 ? [] : [`  ${states}:`, ...told.map((line) => line.slice(0, 400))]),
    ...(second
      ? [`  ${secondOpinion}: ${opinionText(second.opinion, language)}`, `  ${verdicts[second.verdict]}`]
      : []),
    result.hasAnsweredAll ? allAnswered : notAll,
  ];
}

function opinionText(opinion: NonNullable<ProbeResult['second']>['opinion'], language: Language): string {
  if (opinion.ok === 'not-asked') return texts[language].limits[opinion.limit];
  if (!opinion.ok) return plain(opinion.message);
  return plain([opinion.vendor, opinion.model, opinion.serial, opinion.firmware].filter(Boolean).join(', '));
}

/** The same for a program: everything that was told, and the sentences in `language`. */
export function probeJson(result: ProbeResult, language: Language): Readonly<Record<string, unknown>> {
  const { steps: names, causes, verdicts } = texts[language];
  const { attempt, second } = result;
  return {
    family: result.family,
    ok: result.hasAnsweredAll,
    steps: result.steps.map((step) => ({
      ...step,
      label: names[step.name],
      ...(step.cause === undefined ? {} : causes[step.cause]),
    })),
    descriptor: attempt.descriptor,
    states: Object.fromEntries(attempt.states),
    samples: attempt.samples,
    ...(second ? { secondOpinion: { ...second, sentence: verdicts[second.verdict] } } : {}),
  };
}
