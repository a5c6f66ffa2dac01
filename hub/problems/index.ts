export { createProblems, type Problems } from './problems.ts';
