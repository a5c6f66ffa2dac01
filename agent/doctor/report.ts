import type { Finding, Verdict } from './finding.ts';
import { isWell } from './judgement.ts';
import { type Language, texts } from './texts.ts';

const marks: Readonly<Record<Verdict, string>> = {
  ok: '✓',
  attention: '!',
  fault: '✗',
  unseen: '?',
  'not-needed': '·',
};
const width = 18;

/** For a person: one line a finding, and what to do under what is wrong. */
export function describeFindings(findings: readonly Finding[], language: Language): readonly string[] {
  const { allWell, faults } = texts[language];
  const count = findings.filter(({ verdict }) => verdict === 'fault').length;
  return [...findings.flatMap((finding) => linesOf(finding, language)), isWell(findings) ? allWell : faults(count)];
}

function linesOf({ check, verdict, cause, facts, detail }: Finding, language: Language): readonly string[] {
  const { checks, verdicts, causes, detail: detailLabel } = texts[language];
  const head = `${marks[verdict]} ${checks[check].padEnd(width)}`;
  const indent = ' '.repeat(width + 3);
  const seen = plain(facts.join(', '));
  const words = detail === undefined ? [] : [`${indent}${detailLabel}: ${plain(detail)}`];
  if (verdict === 'attention' || verdict === 'fault') {
    const { what, remedy } = causes[cause ?? 'not-running'];
    return [`${head} ${what}`, ...(seen === '' ? [] : [`${indent}${seen}`]), `${indent}→ ${remedy}`, ...words];
  }
  return [`${head} ${seen === '' ? verdicts[verdict] : seen}`, ...words];
}

/** Names that come from elsewhere must not move the cursor of who reads them. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ');
}

/** For a program: the findings with their sentences in `language`. */
export function findingsJson(findings: readonly Finding[], language: Language): Readonly<Record<string, unknown>> {
  const { checks, causes } = texts[language];
  return {
    ok: isWell(findings),
    findings: findings.map((finding) => ({
      ...finding,
      label: checks[finding.check],
      ...(finding.cause === undefined ? {} : causes[finding.cause]),
    })),
  };
}
