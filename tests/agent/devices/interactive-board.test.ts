import { boardConformance } from './interactive-board/conformance.ts';

boardConformance('samsung-mdc', 'philips-sicp', 'viewsonic');
