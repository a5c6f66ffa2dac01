import { z } from 'zod';
import { timestampSchema } from '../../ids.ts';
import { defineCapability } from '../capability.ts';

/** The certificates by which the device proves who it is. */
export const certificate = defineCapability({
  name: 'certificate',
  label: { vi: 'Chứng thư số', en: 'Certificates' },
  state: z.object({
    certificates: z
      .array(
        z.object({
          id: z.string().max(80),
          subject: z.string().max(300),
          issuer: z.string().max(300),
          notBefore: timestampSchema.optional(),
          notAfter: timestampSchema.optional(),
          /** Signed with its own key: nobody vouches for it. */
          selfSigned: z.boolean(),
          /** SHA-256 in lower hex, as a device is pinned by. */
          fingerprint: z.string().max(64),
          /** Whether the device's own server shows it; absent where it does not tell. */
          served: z.boolean().optional(),
        }),
      )
      .max(32),
  }),
  metrics: {},
  events: {},
  commands: {},
});
