import type { Trx } from '../store/index.ts';
import type { UnitKind } from '../store/tables.ts';

/** What enrolment needs of its neighbours, and no more. */

export interface EnrolmentOrganisation {
  /** Throws NotFoundError for a unit that does not exist. */
  pathOf(unitId: number): string;
  isClosed(unitId: number): boolean;
  refOf(unitId: number): { readonly id: number; readonly name: string; readonly kind: UnitKind };
}

export type AgentStatus = 'active' | 'quarantined' | 'revoked';

export interface EnrolmentRegistry {
  /** Adds the agent and its own machine as a device, within the transaction. */
  addAgent(
    trx: Trx,
    agent: {
      readonly id: string;
      readonly unitId: number;
      readonly name: string;
      readonly fingerprint: Readonly<Record<string, unknown>>;
      readonly host: { readonly family: string; readonly name: string };
      readonly adoptedBy: string;
    },
  ): Promise<unknown>;
  agentOf(
    agentId: string,
  ):
    | { readonly name: string; readonly unitId: number; readonly unitPath: string; readonly status: AgentStatus }
    | undefined;
  /** Reads an agent again after its row was written. */
  refresh(agentId: string): Promise<void>;
}

export interface AuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly unitId?: number;
  readonly reason?: string;
  readonly origin?: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface EnrolmentAudit {
  append(entry: AuditEntry): Promise<unknown>;
}
