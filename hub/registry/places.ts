import type { Organisation, StructureChange } from '../organisation/index.ts';
import type { Directory } from './directory.ts';

/**
 * Brings the directory after a change of the organisation: things of a unit that merged stand at its successor, and paths
 * are those of today. Returns the agents that it touched, or whose devices.
 */
export function followStructure(
  directory: Directory,
  organisation: Pick<Organisation, 'pathOf'>,
  { rehomed, agents }: StructureChange,
): ReadonlySet<string> {
  const heirs = new Map(rehomed);
  const going = new Map(agents);
  const touched = new Set<string>();
  for (const device of [...directory.devices()]) {
    const home = directory.agent(device.agentId)?.unitId;
    const target = going.get(device.agentId);
    const goesAlong = target !== undefined && device.unitId === home;
    const unitId = goesAlong ? target : (heirs.get(device.unitId) ?? device.unitId);
    const unitPath = organisation.pathOf(unitId);
    if (unitId === device.unitId && unitPath === device.unitPath) continue;
    directory.putDevice({ ...device, unitId, unitPath });
    touched.add(device.agentId);
  }
  for (const agent of [...directory.agents()]) {
    const unitId = going.get(agent.id) ?? heirs.get(agent.unitId) ?? agent.unitId;
    const unitPath = organisation.pathOf(unitId);
    if (unitId === agent.unitId && unitPath === agent.unitPath) continue;
    directory.changeAgent(agent.id, { unitId, unitPath });
    touched.add(agent.id);
  }
  return touched;
}
