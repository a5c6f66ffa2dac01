import { z } from 'zod';

/** Name of a part of a rig: one camera, one recorder. */
export const partName = z.string().min(1).max(80);

/** What every command for a rig of several parts may say. */
export const rigArgs = {
  /** Which part; the first that can unless given. */
  part: partName.optional(),
  /** Who asks. While a rig is held, only its holder is obeyed. */
  holder: z.string().min(1).max(80).optional(),
};
