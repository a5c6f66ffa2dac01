export { type Access, createAccess } from './access.ts';
export type { Action, Actor } from './actor.ts';
export { breakGlass } from './emergency.ts';
export { ConflictError, ForbiddenError, InvalidInputError, NotFoundError } from './error.ts';
export type { SignedInActor } from './granted-actor.ts';
export { allows } from './permissions.ts';
export {
  deviceCondition,
  inScope,
  isNothing,
  narrow,
  type PlacedSupply,
  requireProvince,
  type Scope,
  scopeCondition,
  seesDevice,
  seesPlace,
} from './scope.ts';
export type { SingleSignOnOptions } from './single-sign-on.ts';
