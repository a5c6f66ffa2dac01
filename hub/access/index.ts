export { inScope, narrow, type Scope, scopeCondition } from './scope.ts';
