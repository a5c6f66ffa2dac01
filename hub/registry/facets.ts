import type { Device } from '../../protocols/api/devices.ts';
import type { HealthVerdict } from '../../protocols/api/health.ts';
import type { Descriptor } from '../../protocols/fleet/record.ts';

/** What other features know of a device or an agent and a page shows beside the registry's own. */
export interface Facets {
  verdictOf(deviceId: string): HealthVerdict | undefined;
  agentVerdictOf(agentId: string): HealthVerdict | undefined;
  reportedOf(deviceId: string): Promise<Device['reported']>;
  descriptorOf(deviceId: string): Promise<Descriptor | undefined>;
  latestOf(deviceId: string): Device['latest'];
  lastReportAt(deviceId: string): Date | undefined;
}

/** Nothing known: for a registry that stands alone. */
export const noFacets: Facets = {
  verdictOf: () => undefined,
  agentVerdictOf: () => undefined,
  reportedOf: async () => ({}),
  descriptorOf: async () => undefined,
  latestOf: () => ({}),
  lastReportAt: () => undefined,
};
