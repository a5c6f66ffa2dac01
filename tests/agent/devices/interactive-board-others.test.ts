import { boardConformance } from './interactive-board/conformance.ts';

boardConformance('iiyama', 'benq', 'lg', 'smart');
