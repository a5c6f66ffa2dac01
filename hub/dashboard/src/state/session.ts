import { createContext, useContext } from 'react';
import type { Me } from '../../../../protocols/api/access/session.ts';
import { ApiError } from '../data/api-error.ts';

/** Who is signed in; given by the frame around every page. */
export const MeContext = createContext<Me | undefined>(undefined);

/** The signed-in person. Throws ApiError `signed-out` outside the signed-in part of the page. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new ApiError('signed-out', 'signed-out', 'nobody is signed in');
  return me;
}

/** Whether the signed-in person may do this somewhere; what they may not do is not shown. */
export function useMay(action: Me['may'][number]): boolean {
  return useMe().may.includes(action);
}
