import type { Clock } from '../../protocols/ports.ts';
import { isNothing, NotFoundError, narrow, type Scope } from '../access/index.ts';
import type { Features } from './features.ts';
import type { IdempotentAnswers } from './idempotency.ts';
import type { LiveStreams } from './live.ts';

/** What route files share. */
export interface RouteContext {
  readonly features: Features;
  readonly version: string;
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly live: LiveStreams;
  readonly idempotent: IdempotentAnswers;
}

/**
 * The scope narrowed to the unit that a query names. Throws NotFoundError in the same words for a unit that does not
 * exist and for one outside the scope; features then never see the difference.
 */
export function scopeOfUnit(features: Features, scope: Scope, unit: number | undefined): Scope {
  if (unit === undefined) return scope;
  const narrowed = narrow(scope, features.organisation.pathOf(unit));
  if (isNothing(narrowed)) throw new NotFoundError();
  return narrowed;
}
