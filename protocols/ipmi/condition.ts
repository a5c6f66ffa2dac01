/** How bad the state of a discrete sensor is. */
export type Severity = 'ok' | 'warning' | 'error';

/**
 * States of sensors in the words of `ipmitool` (IPMI 2.0 tables 42-2 and 42-3), as beginnings in lower case. What is not
 * here says nothing bad: presence, readiness, buttons.
 */
const errors: readonly string[] = [
  'failure detected',
  'power supply ac lost',
  'ac lost',
  'config error',
  'uncorrectable',
  'parity',
  'memory scrub failed',
  'critical overtemperature',
  'ierr',
  'thermal trip',
  'frb',
  'processor startup',
  'sm bios uncorrectable',
  'drive fault',
  'in failed array',
  'in critical array',
  'rebuild aborted',
  'redundancy lost',
  'non-redundant: insufficient resources',
  'transition to critical',
  'transition to non-recoverable',
  'upper critical going high',
  'lower critical going low',
  'upper non-recoverable going high',
  'lower non-recoverable going low',
  'bus fatal error',
  'pci serr',
  'pci perr',
  'bus uncorrectable',
  'soft power control failure',
  'power off/down by failure',
  'unrecoverable',
  'run-time critical stop',
  'os graceful stop failure',
  'no bootable media',
  'failed',
];
const warnings: readonly string[] = [
  'predictive failure',
  'ac out-of-range',
  'power supply inactive',
  'correctable',
  'configuration error',
  'throttled',
  'redundancy degraded',
  'non-redundant',
  'transition to non-critical',
  'upper non-critical going high',
  'lower non-critical going low',
  'general chassis intrusion',
  'drive bay intrusion',
  'fan area intrusion',
  'log almost full',
  'log full',
  'low',
  'degraded',
];

const begins = (text: string, words: readonly string[]) => words.some((word) => text.startsWith(word));

/** The worst of the states that `description` names, separated by commas. */
export function severityOf(description: string): Severity {
  const states = description
    .toLowerCase()
    .split(',')
    .map((state) => state.trim());
  if (states.some((state) => begins(state, errors))) return 'error';
  return states.some((state) => begins(state, warnings)) ? 'warning' : 'ok';
}
