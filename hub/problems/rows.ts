import { sql } from 'kysely';
import type { Severity } from '../../protocols/api/operation/problems.ts';
import type { Trx } from '../store/index.ts';
import type { StoryEvent } from './story.ts';

/** SQL of problems and their story; nothing here decides. */

/** Any constant: it only has to be the same in every hub. */
const lockKey = 7_314_217;
/** Rows of one statement. */
const chunk = 500;

/**
 * Taken by everybody before a problem is changed: ids of events then grow in the order of commits, so that whoever reads
 * them by a cursor misses none, and two who change problems never wait for each other crosswise.
 */
export async function lockStory(trx: Trx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${lockKey})`.execute(trx);
}

export interface EventToWrite extends StoryEvent {
  readonly causeId: string;
  readonly severity: Severity;
  /** A person's id; the hub itself where it is absent. */
  readonly actor?: string | undefined;
}

export async function writeEvents(trx: Trx, events: readonly EventToWrite[], at: Date): Promise<void> {
  for (let from = 0; from < events.length; from += chunk) {
    await trx
      .insertInto('problem_event')
      .values(
        events.slice(from, from + chunk).map(({ causeId, kind, severity, actor, detail }) => ({
          cause_id: causeId,
          kind,
          at,
          severity,
          actor: actor ?? null,
          detail: JSON.stringify(detail),
        })),
      )
      .execute();
  }
}
