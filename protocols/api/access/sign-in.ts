import { z } from 'zod';
import { instantSchema } from '../page.ts';
import { passkeyObstacles } from './passkeys.ts';

/** As people type it: spaces between digits are dropped, capitals are not told apart. */
const codeSchema = z
  .string()
  .max(40)
  .transform((text) => text.replace(/\s/g, '').toLowerCase())
  .pipe(z.string().regex(/^(\d{6}|[a-z0-9]{5}-[a-z0-9]{5})$/));

/** `POST /api/auth/sign-in/email`: the answer sets the session's cookie. */
export const signInBody = z.strictObject({
  email: z.email().max(254),
  password: z.string().min(1).max(200),
});
export const signedInSchema = z.object({ user: z.object({ id: z.string(), name: z.string(), email: z.string() }) });
/** Status 202: the password is right, and `POST /api/auth/sign-in/two-factor` must follow within five minutes. */
export const secondStepSchema = z.object({ twoFactor: z.literal(true) });

/** `POST /api/auth/sign-in/two-factor`: six digits of an authenticator, or a backup code. */
export const secondStepBody = z.strictObject({ code: codeSchema });

/** `POST /api/auth/two-factor/enable`, `/disable` and `/backup-codes`: whoever has the session proves to be the person. */
export const provePasswordBody = z.strictObject({ password: z.string().min(1).max(200) });
/** Shown once. The second step is asked for only after `POST /api/auth/two-factor/confirm` with a first code. */
export const twoFactorEnrolmentSchema = z.object({
  /** `otpauth://totp/...`, what a QR code for an authenticator holds. */
  uri: z.string(),
  /** The same secret in Base32, for typing. */
  secret: z.string(),
  backupCodes: z.array(z.string()),
});
export const confirmTwoFactorBody = z.strictObject({ code: codeSchema });
export const backupCodesSchema = z.object({ backupCodes: z.array(z.string()) });

/** `GET /api/auth/sign-in/options`: what the door offers besides a password. */
export const signInOptionsSchema = z.object({
  /** What the button of single sign-on says; none without it. */
  sso: z.object({ label: z.string() }).optional(),
  /** Where passkeys work: a page of this origin; and why they cannot work there. */
  passkeys: z.object({ origin: z.string(), obstacle: z.enum(passkeyObstacles).optional() }).optional(),
});

/** `POST /api/auth/sign-in/sso`: the address at the provider to go to. */
export const ssoBeginSchema = z.object({ url: z.string() });

/** `GET /api/auth/callback/oidc`: what the provider sends a browser back with (RFC 6749, 4.1.2; RFC 9207). */
export const ssoCallbackQuery = z.looseObject({
  code: z.string().max(4_000).optional(),
  state: z.string().max(4_000).optional(),
  iss: z.string().max(2_000).optional(),
  error: z.string().max(200).optional(),
  error_description: z.string().max(2_000).optional(),
});

/** Why single sign-on was refused, in the address of the sign-in page: `/sign-in?refused=...`. */
export const ssoRefusals = [
  'signup_disabled',
  'account_not_linked',
  'email_not_found',
  'access_denied',
  'provider',
] as const;

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
    /** A role asks for a second factor: nothing else works before it is set up. */
    mustSetUpTwoFactor: z.boolean().optional(),
  })
  .nullable();
export const doneSchema = z.object({ success: z.boolean() });
