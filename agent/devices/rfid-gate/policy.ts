import type { z } from 'zod';
import type { gate } from '../../../protocols/fleet/capabilities/gate.ts';
import type { TagSighting } from '../../../protocols/llrp/reports.ts';
import type { ItemStatus } from '../../../protocols/sip2/responses.ts';
import { afiOf } from './item-id.ts';
import type { SecurityRule } from './settings.ts';

export type AlarmReason = z.infer<(typeof gate)['events']['alarm']>['reason'];

/** What the gate makes of one item. `unknown` is no alarm unless the settings say so; `undecided` never is one. */
export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'alarm'; readonly reason: AlarmReason }
  | { readonly kind: 'unknown'; readonly reason: string }
  /** Nobody could say in time: people are never held up for that. */
  | { readonly kind: 'undecided'; readonly reason: string };

const pass: Verdict = { kind: 'pass' };

/** Circulation states that must not leave [3M SIP2 2.00, circulation status]. */
const alarming: Readonly<Record<number, AlarmReason>> = {
  3: 'available',
  6: 'in-process',
  8: 'on-hold',
  9: 'reshelving',
  10: 'in-transit',
  12: 'lost',
  13: 'missing',
};
const charged = 4;
const chargedWithoutRecall = 5;
const recalled = 7;

/** Judges by what the library system says of an item. A state that is neither lent nor on the shelf is unknown. */
export function judgeItem(item: ItemStatus): Verdict {
  if (!item.isKnown) return { kind: 'unknown', reason: 'not-in-library' };
  const { circulation } = item;
  if (circulation === charged || circulation === chargedWithoutRecall) return pass;
  // Recalled from a reader who has it: the due date tells that it is lent.
  if (circulation === recalled && item.hasDueDate) return pass;
  const reason = alarming[circulation];
  return reason ? { kind: 'alarm', reason } : { kind: 'unknown', reason: `circulation-${circulation}` };
}

/** Judges by what the tag itself says. */
export function judgeTag(
  tag: Pick<TagSighting, 'epc' | 'pc'>,
  rule: Exclude<SecurityRule, { by: 'library' }>,
): Verdict {
  if (rule.by === 'eas') return judgeBit(tag.epc, rule);
  const afi = afiOf(tag);
  if (afi === undefined) return { kind: 'unknown', reason: tag.pc === undefined ? 'no-control-word' : 'no-afi' };
  if (rule.onLoan.includes(afi)) return pass;
  return rule.inStock.includes(afi) ? { kind: 'alarm', reason: 'in-stock' } : { kind: 'unknown', reason: 'other-afi' };
}

function judgeBit(epc: string, { bit, alarmWhen }: Extract<SecurityRule, { by: 'eas' }>): Verdict {
  const digit = epc.charAt(Math.floor(bit / 4));
  if (digit === '') return { kind: 'unknown', reason: 'short-epc' };
  const value = (Number.parseInt(digit, 16) >> (3 - (bit % 4))) & 1;
  return value === alarmWhen ? { kind: 'alarm', reason: 'not-released' } : pass;
}
