export { type Action, type Actor, actions } from './actor.ts';
export { ConflictError, ForbiddenError, InvalidInputError, NotFoundError } from './error.ts';
export { inScope, narrow, type Scope, scopeCondition } from './scope.ts';
