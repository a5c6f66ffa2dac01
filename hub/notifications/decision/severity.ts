/** From the worst to the least. */
export const severities = ['critical', 'major', 'minor', 'notice'] as const;
export type Severity = (typeof severities)[number];

/** Whether `severity` is as bad as `least`, or worse. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(least);
}

export function worstOf(found: readonly Severity[]): Severity {
  return severities.find((severity) => found.includes(severity)) ?? 'notice';
}
