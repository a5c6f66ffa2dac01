import { createContext, useContext } from 'react';

/** A wish to act on the device of the page. */
export interface Wish {
  readonly capability: string;
  readonly name: string;
  readonly args?: Readonly<Record<string, unknown>>;
  /** Why a picture is wanted; the hub demands it. */
  readonly purpose?: string;
  /** What the person pressed, where that says more than the command's own name: which scene, which app. Not sent. */
  readonly saying?: string;
}

interface Operation {
  /** Whether the device offers this command and the person may give commands. */
  readonly can: (capability: string, name: string) => boolean;
  /** Sends the command, after a question where it disturbs a lesson. Tells the id of the command that was made. */
  readonly send: (wish: Wish, onMade?: (command: string) => void) => void;
  readonly sending: boolean;
}

export const OperationContext = createContext<Operation>({ can: () => false, send: () => undefined, sending: false });

/** How the widgets of a device page give commands. */
export function useOperation(): Operation {
  return useContext(OperationContext);
}
