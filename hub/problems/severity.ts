import type { HealthState } from '../../protocols/api/health.ts';
import { type Severity, severities } from '../../protocols/api/operation/problems.ts';
import type { Teaching } from './teaching.ts';

/** What decides how bad a problem is. */
export interface Weight {
  readonly kind: string;
  readonly code: string;
  /** What the code makes of a device. */
  readonly state: HealthState;
  /** Devices it touches now. */
  readonly affected: number;
  readonly teaching: Teaching;
  /** Of the device, where there is one. */
  readonly lifecycle?: 'in-service' | 'maintenance' | 'in-store' | 'retired' | undefined;
  /** What the rule says that opened it. */
  readonly fixed?: Severity | undefined;
}

/** Something to prepare for, not something that hinders anybody now: lamp hours, dust, supplies, a battery to charge. */
const soon: ReadonlySet<string> = new Set([
  'EF-2302',
  'EF-2304',
  'EF-2322',
  'EF-2332',
  'EF-2412',
  'EF-2432',
  'EF-2461',
]);
/** Nobody hears of these devices until a person acts. */
const withdrawn = 'EF-1004';

/** From how many devices on a problem is one step worse, and one more. */
const many = { some: 10, lots: 50 } as const;

const steps = { notice: 0, minor: 1, major: 2, critical: 3 } as const satisfies Record<Severity, number>;

/**
 * How bad it is. What touches more is never less bad, an examination is never less bad than a lesson, and a lesson never
 * less than an hour without; what a rule says is taken as it stands. In maintenance nothing is more than a notice.
 */
export function severityOf(weight: Weight): Severity {
  if (weight.lifecycle !== undefined && weight.lifecycle !== 'in-service') return 'notice';
  if (weight.fixed !== undefined) return weight.fixed;
  const step = baseOf(weight) + touchedBy(weight.affected);
  return severities[3 - Math.min(3, step)] ?? 'critical';
}

/** Whether it is at least so bad. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return steps[severity] >= steps[least];
}

function baseOf({ state, code, teaching }: Weight): number {
  const isExam = teaching === 'exam' ? 1 : 0;
  if (soon.has(code)) return isExam;
  // Dark at night is no loss yet; dark in a lesson is. Whoever does not tell their hours is believed to teach.
  if (state === 'unreachable') return teaching === 'free' ? 1 : 2 + isExam;
  // A broken part must be seen to before the next lesson, whenever that is.
  if (state === 'fault') return 2 + isExam;
  if (code === withdrawn) return 2;
  return 1 + isExam;
}

function touchedBy(affected: number): number {
  if (affected >= many.lots) return 2;
  return affected >= many.some ? 1 : 0;
}
