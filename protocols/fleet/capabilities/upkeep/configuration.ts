import { z } from 'zod';
import { timestampSchema } from '../../ids.ts';
import { problemSchema } from '../../problem.ts';
import { defineCapability } from '../capability.ts';

/**
 * How an agent keeps what is wished of a device. `failed`: it was set and did not take effect; `contested`: somebody sets it
 * otherwise again and again; `impossible`: the device says that it cannot take this value; `silent`: it does not tell it.
 */
const standings = ['same', 'differs', 'failed', 'contested', 'impossible', 'silent', 'unknown-setting'] as const;

/** What became of the settings that the hub wishes of a device; the values themselves are told by their capabilities. */
export const configuration = defineCapability({
  name: 'configuration',
  label: { vi: 'Cấu hình', en: 'Configuration' },
  state: z.object({
    settings: z
      .array(
        z.object({
          key: z.string().max(80),
          standing: z.enum(standings),
          /** When it came to stand so. */
          since: timestampSchema,
          /** How often it was set since it last was as wished. */
          tries: z.int().min(0),
          problem: problemSchema.optional(),
        }),
      )
      .max(64),
  }),
  metrics: {},
  events: {
    /** A device that differed was set right. */
    kept: z.object({ key: z.string().max(80) }),
  },
  commands: {},
});
