import type { OpenAspect } from './aspect.ts';

/** Every aspect of a camera; a new one is a file and a line here. */
export const aspects: readonly OpenAspect[] = [];
