import type { HealthOrganisation, HealthRegistry } from '../ports.ts';
import type { Roster } from '../roster/roster.ts';
import type { WantedCause } from './cause.ts';

/** Names told as evidence of a cause. */
const mostNames = 20;

export interface EvidenceDeps {
  readonly roster: Roster;
  readonly registry: HealthRegistry;
  readonly organisation: HealthOrganisation;
}

/** What a cause names: its devices, or its schools with how many devices each has under it. */
export function createEvidence({ roster, registry, organisation }: EvidenceDeps): (wanted: WantedCause) => string[] {
  const schoolsOf = (members: readonly string[]): string[] => {
    const counts = new Map<string, number>();
    for (const id of members) {
      const device = roster.ledger.devices.get(id);
      const school = device && (organisation.schoolOf(device.unitId) ?? organisation.refOf(device.unitId));
      if (school) counts.set(school.name, (counts.get(school.name) ?? 0) + 1);
    }
    return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([name, count]) => `${name} (${count})`);
  };
  const shortened = (names: readonly string[]): string[] =>
    names.length > mostNames ? [...names.slice(0, mostNames), `+ ${names.length - mostNames}`] : [...names];

  return ({ kind, members }) => {
    if (kind === 'area-silent' || kind === 'hub-link') return shortened(schoolsOf(members));
    const names = members.slice(0, mostNames).map((id) => registry.deviceOf(id)?.name ?? id);
    const more = members.length - names.length;
    return more > 0 ? [...names, `+ ${more}`] : names;
  };
}
