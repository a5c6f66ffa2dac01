import { z } from 'zod';
import { instantSchema } from '../page.ts';

/** `POST /api/auth/sign-in/email`: the answer sets the session's cookie. */
export const signInBody = z.strictObject({
  email: z.email().max(254),
  password: z.string().min(1).max(200),
});
export const signedInSchema = z.object({ user: z.object({ id: z.string(), name: z.string(), email: z.string() }) });

/** `POST /api/auth/change-password`: other sessions of this person end. */
export const changePasswordBody = z.strictObject({
  currentPassword: z.string().min(1).max(200),
  newPassword: z.string().min(12).max(200),
});

/** `GET /api/auth/get-session`: null for whoever is not signed in. */
export const sessionSchema = z
  .object({
    user: z.object({ id: z.string(), name: z.string(), email: z.string() }),
    expiresAt: instantSchema,
    /** The password was handed out: nothing else works before it is changed. */
    mustChangePassword: z.boolean(),
  })
  .nullable();
export const doneSchema = z.object({ success: z.boolean() });
