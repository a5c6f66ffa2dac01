export { createPolicies, createPolicyKey, type Policies } from './policies.ts';
