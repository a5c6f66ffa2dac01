import { EnrolmentError } from './error.ts';
import type { MachineVerdict } from './machine.ts';
import type { AgentStatus } from './ports.ts';

/** What happens when a machine that is an agent already enrols again at its school. */
export type AgainPolicy = 'keep' | 'reset' | 'refuse';

/** An agent that shares something with the machine that enrols. */
export interface KnownAgent {
  readonly id: string;
  readonly unitId: number;
  readonly status: AgentStatus;
  readonly verdict: MachineVerdict;
}

export interface AdmissionFacts {
  readonly voucher: { readonly unitId: number; readonly replaces: string | undefined };
  readonly known: readonly KnownAgent[];
  readonly again: AgainPolicy;
}

/**
 * Which agent a machine becomes: a new one; the one it was (`again`: name, place, devices and history stay, its older
 * certificates end); the one whose hardware it takes over (`replace`); or the one that this very voucher and key have made already
 * (`repeated`: nothing ends). `ends` are agents that this revokes.
 */
export interface Admission {
  readonly kind: 'new' | 'again' | 'replace' | 'repeated';
  readonly agentId?: string;
  readonly ends: readonly string[];
}

/** Decides about an enrolment; pure. Throws EnrolmentError `machine-known`, `machine-elsewhere` (with the agent in its details) or `machine-quarantined`. */
export function decideAdmission({ voucher, known, again }: AdmissionFacts): Admission {
  const same = known.filter(({ verdict, status }) => verdict === 'same' && status !== 'revoked');
  if (voucher.replaces !== undefined) {
    const other = same.find(({ id }) => id !== voucher.replaces);
    if (other) throw elsewhere(other);
    return { kind: 'replace', agentId: voucher.replaces, ends: [] };
  }
  const foreign = same.find(({ unitId }) => unitId !== voucher.unitId);
  if (foreign) throw elsewhere(foreign);
  const [own] = same;
  if (!own) return { kind: 'new', ends: [] };
  if (own.status === 'quarantined')
    throw new EnrolmentError(
      'machine-quarantined',
      `This machine is the agent ${own.id}, which is in quarantine. A person must decide about it in the dashboard first.`,
    );
  if (again === 'refuse')
    throw new EnrolmentError(
      'machine-known',
      `This machine is the agent ${own.id} already. Revoke that agent in the dashboard, or ask for a voucher that replaces it.`,
    );
  return again === 'keep'
    ? { kind: 'again', agentId: own.id, ends: [] }
    : { kind: 'new', ends: same.map(({ id }) => id) };
}

function elsewhere({ id }: KnownAgent): EnrolmentError {
  return new EnrolmentError(
    'machine-elsewhere',
    `This machine is the agent ${id} at another place already. A person must decide in the dashboard, under identity conflicts.`,
    { agentId: id },
  );
}
