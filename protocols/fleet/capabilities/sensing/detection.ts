import { z } from 'zod';
import { timestampSchema } from '../../ids.ts';
import { defineCapability } from '../capability.ts';

const id = z.string().regex(/^[\w./:-]{1,60}$/);
const name = z.string().max(100);

/**
 * What the rules inside a camera detect: lines that are crossed, fields that are entered, objects that are counted. Counts
 * only; who or what it was is never told. Metrics carry the id as instance.
 */
export const detection = defineCapability({
  name: 'detection',
  label: { vi: 'Phát hiện', en: 'Detection' },
  state: z.object({
    detectors: z
      .array(
        z.object({
          id,
          name,
          kind: z.enum(['line', 'field']),
          /** Whether something is in the field now; a line has no such state. */
          active: z.boolean().optional(),
          /** Crossings or entries since the session began. */
          count: z.int().min(0),
          lastAt: timestampSchema.optional(),
        }),
      )
      .max(32),
    counters: z
      .array(
        z.object({
          id,
          name,
          /** `passed` counts on until the camera resets it; `inside` is how many are there now. */
          kind: z.enum(['passed', 'inside']),
          value: z.int(),
          lastAt: timestampSchema.optional(),
        }),
      )
      .max(32),
  }),
  metrics: {
    detections: { label: { vi: 'Số lần phát hiện', en: 'Detections' }, unit: '', deadband: 1 },
    objects: { label: { vi: 'Số đối tượng', en: 'Objects counted' }, unit: '', deadband: 1 },
  },
  events: {
    /** `count` crossings since the last of these events; at most one every 10 s for each line. */
    crossed: z.object({ id, name, count: z.int().min(1) }),
    /** The same for a field: something came in while it was empty. */
    entered: z.object({ id, name, count: z.int().min(1) }),
  },
  commands: {},
});
