import type { Trx } from '../../store/index.ts';
import type { Journal } from '../journal.ts';
import type { WatchedDevice } from './matching.ts';
import { type Entry, type LoadedRule, openCause, resolveCause, writeEntry } from './rows.ts';

/** What is written of one rule and one device. */
interface Unsettled {
  readonly ruleId: number;
  readonly deviceId: string;
  /** Absent when it was removed. */
  readonly rule: LoadedRule | undefined;
  readonly device: WatchedDevice | undefined;
  readonly entry: Entry;
  /** What it reported last, for the people who read it. */
  readonly said: string;
  readonly mayOpen: boolean;
}

interface Writing {
  readonly trx: Trx;
  readonly journal: Journal;
  readonly nowMs: number;
}

/** Opens or ends the cause as the watch says, and keeps where the rule stands. Returns the id of the open cause. */
export async function settle({ trx, journal, nowMs }: Writing, one: Unsettled): Promise<string | undefined> {
  const { ruleId, deviceId, rule, device, entry, said, mayOpen } = one;
  let { causeId } = entry;
  if (entry.watch.open && causeId === undefined && rule && device && mayOpen)
    causeId = await openCause(trx, journal, { rule, device, said }, nowMs);
  if (!entry.watch.open && causeId !== undefined) {
    await resolveCause(trx, journal, causeId, rule, nowMs);
    causeId = undefined;
  }
  const next = { watch: entry.watch, causeId };
  if (rule) await writeEntry(trx, ruleId, deviceId, isIdle(next) ? undefined : next);
  return causeId;
}

/** Nothing worth remembering: it starts anew with the next report. */
export function isIdle({ watch, causeId }: Entry): boolean {
  return causeId === undefined && !watch.open && !watch.breached && watch.onsets.length === 0;
}
