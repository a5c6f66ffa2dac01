import { inScope, type Scope, seesDevice } from '../../access/index.ts';
import type { HealthRegistry } from '../ports.ts';
import type { SubtreeCounts } from './counts.ts';
import type { Ledger } from './ledger.ts';

interface SuppliedCounts {
  readonly figures: Pick<SubtreeCounts, 'devices' | 'wrong' | 'byHealth'>;
  /** Paths of the schools with something wrong among them. */
  readonly wrongSchools: ReadonlySet<string>;
}

/**
 * Figures of the devices that a scope shows by their supplier, under a path. They are walked along rather than kept: few ask.
 * What the scope shows by its subtrees is counted elsewhere.
 */
export function suppliedCounts(
  registry: Pick<HealthRegistry, 'devices'>,
  ledger: Pick<Ledger, 'devices'>,
  scope: Scope,
  path = '/',
): SuppliedCounts {
  const figures: SuppliedCounts['figures'] = { devices: 0, wrong: 0, byHealth: {} };
  const wrongSchools = new Set<string>();
  if ((scope.supplied ?? []).length === 0) return { figures, wrongSchools };
  for (const device of registry.devices()) {
    if (!device.unitPath.startsWith(path) || inScope(scope, device.unitPath) || !seesDevice(scope, device)) continue;
    const counted = ledger.devices.get(device.id)?.counted;
    if (!counted) continue;
    const { health, wrong = 0 } = counted.share;
    figures.devices++;
    figures.wrong += wrong;
    if (health) figures.byHealth[health] = (figures.byHealth[health] ?? 0) + 1;
    if (wrong > 0 && counted.schoolPath !== undefined) wrongSchools.add(counted.schoolPath);
  }
  return { figures, wrongSchools };
}
