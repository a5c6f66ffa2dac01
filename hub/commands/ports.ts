import type { Lifecycle } from '../store/tables.ts';

/** What commands need of their neighbours, and no more. */

export interface CommandDevice {
  readonly id: string;
  readonly agentId: string;
  readonly unitId: number;
  readonly unitPath: string;
  readonly lifecycle: Lifecycle;
}

export interface CommandRegistry {
  deviceOf(deviceId: string): CommandDevice | undefined;
  agentOf(agentId: string): { readonly status: 'active' | 'quarantined' | 'revoked' } | undefined;
}

export interface CommandAudit {
  append(entry: {
    readonly actor: string;
    readonly action: string;
    readonly subject: string;
    readonly unitId?: number;
    readonly reason?: string;
    readonly detail: Readonly<Record<string, unknown>>;
  }): Promise<unknown>;
}
