import { z } from 'zod';
import { instantSchema } from '../page.ts';

/** A passkey (Web Authentication Level 3): a key on a phone, a computer or a stick, unlocked by its owner. */
export const passkeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    createdAt: instantSchema,
    lastUsedAt: instantSchema.optional(),
    /** A copy is kept by the maker of the phone or by a password manager, and comes along to the next phone. */
    backedUp: z.boolean(),
  })
  .meta({ id: 'Passkey' });
export type Passkey = z.infer<typeof passkeySchema>;

/** `GET /api/auth/passkeys`: one's own. */
export const passkeysList = z.object({ rows: z.array(passkeySchema) });

/** Why there can be no passkeys: a browser gives them to an https address with a name only, or to `localhost`. */
export const passkeyObstacles = ['plain-http', 'ip-address'] as const;
export type PasskeyObstacle = (typeof passkeyObstacles)[number];

/** Options for `navigator.credentials`, as `PublicKeyCredential.parse...OptionsFromJSON` reads them. */
export const passkeyOptionsSchema = z.record(z.string(), z.unknown());

/** What `PublicKeyCredential.toJSON()` gives: bytes as Base64url. */
const credential = {
  id: z.string().min(1).max(1_400),
  rawId: z.string().max(1_400),
  type: z.literal('public-key'),
  clientExtensionResults: z.object({}),
};
const bytesSchema = z.string().max(8_000);
const signedSchema = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytesSchema,
    authenticatorData: bytesSchema,
    signature: bytesSchema,
  }),
});
const registeredSchema = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytesSchema,
    attestationObject: z.string().max(64_000),
    transports: z.array(z.string().max(40)).max(10).optional(),
  }),
});
export type SignedPasskey = z.output<typeof signedSchema>;
export type RegisteredPasskey = z.output<typeof registeredSchema>;

/** `POST /api/auth/sign-in/passkey`: the answer sets the session's cookie. */
export const passkeySignInBody = z.strictObject({ response: signedSchema });

/** `POST /api/auth/passkeys`, after `/api/auth/passkeys/begin` with the password. */
export const addPasskeyBody = z.strictObject({
  name: z.string().trim().min(1).max(60),
  response: registeredSchema,
});

/** `POST /api/auth/passkeys/remove`: sessions that it opened end. */
export const removePasskeyBody = z.strictObject({
  id: z.string().min(1).max(100),
  password: z.string().min(1).max(200),
});
