import { z } from 'zod';
import { settingFieldSchema } from '../fleet/setting-field.ts';

/** A device family by its stable name, and how people call it. */
const familySchema = z
  .object({
    name: z.string(),
    label: z.object({ vi: z.string(), en: z.string() }),
    /** Fields of a form for its settings; absent while no agent has told them. */
    settings: z.array(settingFieldSchema).optional(),
  })
  .meta({ id: 'Family' });
export type Family = z.infer<typeof familySchema>;

/** All of them: there are as many as agents have drivers, a few dozen at most. */
export const familiesList = z.object({ rows: z.array(familySchema) });
