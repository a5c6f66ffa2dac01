import { z } from 'zod';
import { roleSchema } from '../../../../protocols/api/access/session.ts';
import { ssoRefusals } from '../../../../protocols/api/access/sign-in.ts';
import { voucherStates } from '../../../../protocols/api/enrolment/vouchers.ts';
import { healthStateSchema } from '../../../../protocols/api/health.ts';
import { availabilityGroups } from '../../../../protocols/api/operation/availability.ts';
import { commandStates } from '../../../../protocols/fleet/record.ts';

// What the address of each page may carry. A part that cannot be read is dropped, so an old link still opens its page.

const words = z.string().max(200).optional().catch(undefined);
const unit = z.coerce.number().int().optional().catch(undefined);
const name = z.coerce.string().max(40).optional().catch(undefined);

export const overviewSearch = z.object({ unit });

export const causesSearch = z.object({
  unit,
  q: words,
  state: z.enum(['open', 'muted', 'resolved']).optional().catch(undefined),
  severity: name,
  assignee: name,
  sort: z.enum(['oldest', 'newest']).optional().catch(undefined),
});
export type CausesSearch = z.output<typeof causesSearch>;

export const devicesSearch = z.object({
  q: words,
  unit,
  agent: name,
  family: name,
  capability: name,
  /** States of health, split by commas. */
  health: words,
  sort: z.enum(['name', '-name', 'health', '-health', 'since', '-since']).optional().catch(undefined),
});
export type DevicesSearch = z.output<typeof devicesSearch>;

export const deviceSearch = z.object({
  metric: z.string().max(120).optional().catch(undefined),
  range: z.enum(['1h', '24h', '7d', '30d']).optional().catch(undefined),
});

const day = z.iso.date().optional().catch(undefined);

export const availabilitySearch = z.object({
  unit,
  from: day,
  to: day,
  by: z.enum(availabilityGroups).optional().catch(undefined),
  sort: z.enum(['worst', 'name', 'energy']).optional().catch(undefined),
});

export const unitsSearch = z.object({ parent: unit, q: words });

export const calendarSearch = z.object({
  unit,
  year: z.coerce.number().int().min(2015).max(2098).optional().catch(undefined),
});

export const policiesSearch = z.object({
  unit,
  view: z.enum(['policies', 'runs', 'bundles']).optional().catch(undefined),
});

export const importSearch = z.object({ unit, of: z.enum(['units', 'site']).optional().catch(undefined) });

export const agentsSearch = z.object({
  q: words,
  unit,
  health: healthStateSchema.optional().catch(undefined),
  sort: z.enum(['name', '-name', 'lastSeen', '-lastSeen']).optional().catch(undefined),
});

export const proposalsSearch = z.object({
  q: words,
  unit,
  agent: name,
  status: z.enum(['open', 'adopted', 'refused']).optional().catch(undefined),
});

export const vouchersSearch = z.object({
  q: words,
  unit,
  state: z.enum(voucherStates).optional().catch(undefined),
});

export const peopleSearch = z.object({
  q: words,
  unit,
  role: roleSchema.optional().catch(undefined),
  state: z.enum(['active', 'disabled']).optional().catch(undefined),
});

export const auditSearch = z.object({
  action: z.string().max(60).optional().catch(undefined),
  actor: z.string().max(100).optional().catch(undefined),
  subject: z.string().max(200).optional().catch(undefined),
});

export const conflictsSearch = z.object({ unit, state: z.enum(['open', 'resolved']).optional().catch(undefined) });

export const commandsSearch = z.object({
  view: z.enum(['all', 'batches', 'approvals']).optional().catch(undefined),
  unit,
  batch: z.string().max(64).optional().catch(undefined),
  state: z
    .enum(['open', ...commandStates])
    .optional()
    .catch(undefined),
});
export type CommandsSearch = z.output<typeof commandsSearch>;

export const quarantineSearch = z.object({
  q: words,
  agent: name,
  code: z.string().max(64).optional().catch(undefined),
});

export const notificationsSearch = z.object({ state: z.enum(['unread']).optional().catch(undefined) });

export const signInSearch = z.object({
  to: z.string().max(2_000).optional().catch(undefined),
  refused: z.enum(ssoRefusals).optional().catch(undefined),
});

/** A path of this page only: an address of another site in a link must not be followed after sign-in. */
export function safeTarget(to: string | undefined): string {
  return to?.startsWith('/') && !to.startsWith('//') && !to.includes('\\') ? to : '/';
}
