import { en } from './texts/english.ts';
import type { Texts } from './texts/sentences.ts';
import { vi } from './texts/vietnamese.ts';

export type Language = 'vi' | 'en';

/** Every sentence for people, Vietnamese first. */
export const texts: Readonly<Record<Language, Texts>> = { vi, en };
