import { actionSchema } from '../../protocols/api/access/session.ts';
import type { Scope } from './scope.ts';

/** Everything that a role may allow. `read` is the least: it is what a grant of any role gives. */
export const actions = actionSchema.options;
export type Action = (typeof actions)[number];

/** Whoever asks: a person behind a session or an API token. */
export interface Actor {
  /** User id; what audit entries and `created_by` columns hold. */
  readonly id: string;
  readonly name: string;
  /** Where this actor may take the action: the subtrees of the roles that allow it. Empty when none does. */
  scopeFor(action: Action): Scope;
}
