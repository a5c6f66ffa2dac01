import type { Lifecycle } from '../store/tables.ts';

/** A device as kept in memory: what every message of the fleet needs of it. */
export interface DirectoryDevice {
  readonly id: string;
  /** Short number that telemetry rows carry. */
  readonly sid: number;
  readonly agentId: string;
  readonly unitId: number;
  /** `/1/7/` */
  readonly unitPath: string;
  readonly family: string;
  readonly name: string;
  readonly lifecycle: Lifecycle;
  readonly supplierId: number | undefined;
  /** As it was when the device was last read: for reports, not for rights. */
  readonly supplierName?: string | undefined;
}

/** An agent as kept in memory; times are by the hub's clock. */
export interface DirectoryAgent {
  readonly id: string;
  readonly name: string;
  readonly folded: string;
  readonly sortKey: string;
  readonly unitId: number;
  readonly unitPath: string;
  readonly status: 'active' | 'quarantined' | 'revoked';
  readonly enrolledAt: Date;
  readonly version: string | undefined;
  readonly platform: string | undefined;
  readonly bootId: string | undefined;
  readonly session: string | undefined;
  readonly startedAt: Date | undefined;
  readonly connectedAt: Date | undefined;
  readonly disconnectedAt: Date | undefined;
  readonly lastSeenAt: Date | undefined;
  readonly clockSkewMs: number | undefined;
  readonly desiredGeneration: number;
  readonly heldGeneration: number;
  readonly queue: { readonly records: number; readonly bytes: number; readonly shed: number };
  readonly load:
    | { readonly rssBytes: number; readonly cpuPercent: number; readonly loopDelayP99Ms: number }
    | undefined;
}

/** Agents and devices by id. */
export class Directory {
  readonly #agents = new Map<string, DirectoryAgent>();
  readonly #devices = new Map<string, DirectoryDevice>();
  readonly #devicesByAgent = new Map<string, Map<string, DirectoryDevice>>();
  #changes = 0;

  /** Counts changes of agents that did not come from the database: what was read before one is stale. */
  get changes(): number {
    return this.#changes;
  }

  agent(id: string): DirectoryAgent | undefined {
    return this.#agents.get(id);
  }

  device(id: string): DirectoryDevice | undefined {
    return this.#devices.get(id);
  }

  agents(): Iterable<DirectoryAgent> {
    return this.#agents.values();
  }

  devices(): Iterable<DirectoryDevice> {
    return this.#devices.values();
  }

  devicesOf(agentId: string): readonly DirectoryDevice[] {
    return [...(this.#devicesByAgent.get(agentId)?.values() ?? [])];
  }

  deviceCountOf(agentId: string): number {
    return this.#devicesByAgent.get(agentId)?.size ?? 0;
  }

  clear(): void {
    this.#agents.clear();
    this.#devices.clear();
    this.#devicesByAgent.clear();
  }

  putAgent(agent: DirectoryAgent): void {
    this.#agents.set(agent.id, agent);
  }

  /** Changes some fields of an agent that is known. */
  changeAgent(id: string, fields: Partial<DirectoryAgent>): void {
    const agent = this.#agents.get(id);
    if (!agent) return;
    this.#changes++;
    this.#agents.set(id, { ...agent, ...fields });
  }

  putDevice(device: DirectoryDevice): void {
    const before = this.#devices.get(device.id);
    if (before && before.agentId !== device.agentId) this.#devicesByAgent.get(before.agentId)?.delete(device.id);
    this.#devices.set(device.id, device);
    const siblings = this.#devicesByAgent.get(device.agentId) ?? new Map<string, DirectoryDevice>();
    this.#devicesByAgent.set(device.agentId, siblings.set(device.id, device));
  }
}
