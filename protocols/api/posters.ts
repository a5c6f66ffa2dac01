import { z } from 'zod';

const posterLayouts = ['a4', 'a5'] as const;
export type PosterLayout = (typeof posterLayouts)[number];

export const postersQuery = z.object({ layout: z.enum(posterLayouts).default('a4') });
