import { useMe } from '../../state/session.ts';

/** The name under which this person holds a rig and gives it commands. */
export function useHolder(): string {
  return useMe().user.name.slice(0, 80);
}
