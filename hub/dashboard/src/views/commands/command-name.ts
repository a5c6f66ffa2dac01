import { findCapability } from '../../../../../protocols/fleet/capabilities/index.ts';
import { useText } from '../../text/use-text.ts';

interface Named {
  readonly capability: string;
  readonly name: string;
}

/** `Nguồn: Khởi động lại`; the code of one that this version does not know. */
export function useCommandName(): (command: Named) => string {
  const { pick } = useText();
  return ({ capability, name }) => {
    const known = findCapability(capability);
    const label = known?.commands[name]?.label;
    return known && label ? `${pick(known.label)}: ${pick(label)}` : `${capability}.${name}`;
  };
}
