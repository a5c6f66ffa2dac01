import { z } from 'zod';
import { releaseComponentSchema } from '../../fleet/rollout/target.ts';
import { instantSchema, pageOf, pageQuery } from '../page.ts';

/** What may be brought to devices and agents: bytes with what they are for, and who signed that they may run (ADR 20). */

/** Becomes a part of a target's path in signed metadata. */
const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,59}$/, 'Letters, digits and . _ + - only.');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'A SHA-256 in 64 small hexadecimal digits.');
const family = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);

export const createReleaseBody = z.strictObject({
  component: releaseComponentSchema,
  name: word,
  version: word,
  /** Kind of devices; absent: any. */
  family: family.optional(),
  /** As devices tell them; empty: any. */
  models: z.array(z.string().trim().min(1).max(80)).max(200).default([]),
  /** Versions that it may follow on; empty: any. */
  fromVersions: z.array(z.string().trim().min(1).max(60)).max(200).default([]),
  /** Rises with every release of a name; agents never go back below the floor that signed metadata sets. */
  releaseCounter: z.int().min(1).max(2_147_483_647),
  /** What the agent in front of the device must run at least. */
  leastAgentVersion: z.string().max(40).optional(),
  /** Free bytes that the device needs; the length of the file unless given. */
  neededBytes: z.int().min(0).optional(),
  notes: z.string().trim().max(2_000).optional(),
  /** Of the list of what is inside (SBOM). */
  sbomSha256: sha256.optional(),
  file: word,
  length: z.int().min(1),
  sha256,
});
export type CreateReleaseBody = z.output<typeof createReleaseBody>;

export const releaseSchema = z
  .object({
    id: z.string(),
    component: releaseComponentSchema,
    name: z.string(),
    version: z.string(),
    family: z.string().optional(),
    models: z.array(z.string()),
    fromVersions: z.array(z.string()),
    releaseCounter: z.int(),
    leastAgentVersion: z.string().optional(),
    neededBytes: z.int().optional(),
    notes: z.string().optional(),
    sbomSha256: z.string().optional(),
    file: z.string(),
    length: z.int(),
    sha256: z.string(),
    /** `uploading`: bytes are missing; `withdrawn`: never offered again. */
    state: z.enum(['uploading', 'stored', 'withdrawn']),
    /** Bytes that arrived. */
    received: z.int(),
    /** Path of the target in signed metadata. */
    target: z.string(),
    /** Whether metadata in force names exactly these bytes for exactly this. */
    signed: z.boolean(),
    /** Why not, where it is stored but not signed. */
    unsigned: z
      .enum(['no-root', 'no-targets', 'not-named', 'other-bytes', 'other-facts', 'expired', 'below-floor'])
      .optional(),
    createdAt: instantSchema,
    createdBy: z.string(),
    storedAt: instantSchema.optional(),
    withdrawnAt: instantSchema.optional(),
  })
  .meta({ id: 'Release' });
export type Release = z.infer<typeof releaseSchema>;

export const releasesQuery = z.object({ ...pageQuery, component: releaseComponentSchema.optional() });
export const releasesPage = pageOf(releaseSchema);

const refusalReasons = [
  'retired',
  'agent-revoked',
  'wrong-component',
  'wrong-family',
  'wrong-model',
  'already-there',
  'downgrade',
  'below-floor',
  'wrong-version',
  'no-driver',
  'agent-too-old',
  'no-space',
] as const;
export const refusalReasonSchema = z.enum(refusalReasons);
export type RefusalReason = z.infer<typeof refusalReasonSchema>;

export const preflightBody = z.strictObject({
  /** Devices of this unit and below; all that you see unless given. */
  unit: z.int().optional(),
  family: family.optional(),
  /** Just these; agents for a release of the agent. */
  devices: z.array(z.string().max(64)).max(5_000).optional(),
});
export type PreflightBody = z.output<typeof preflightBody>;

export const preflightSchema = z
  .object({
    looked: z.int(),
    fits: z.int(),
    refused: z.array(z.object({ reason: refusalReasonSchema, count: z.int() })),
    /** The first of those that are refused, by name. */
    examples: z.array(
      z.object({ id: z.string(), name: z.string(), reason: refusalReasonSchema, detail: z.string().optional() }),
    ),
  })
  .meta({ id: 'Preflight' });
export type PreflightView = z.infer<typeof preflightSchema>;

export const releaseTrustSchema = z
  .object({
    root: z.object({ version: z.int(), expiresAt: instantSchema }).optional(),
    targets: z.object({ version: z.int(), expiresAt: instantSchema, count: z.int() }).optional(),
    timestamp: z.object({ version: z.int(), expiresAt: instantSchema }).optional(),
    /** Public key with which this hub signs snapshot and timestamp, for the ceremony: PEM. */
    onlineKey: z.string(),
    /** Whether the root names that key. */
    namesOnlineKey: z.boolean(),
  })
  .meta({ id: 'ReleaseTrust' });
export type ReleaseTrust = z.infer<typeof releaseTrustSchema>;

/** Signed metadata as the file says it, byte by byte. */
export const releaseMetadataBody = z.strictObject({
  role: z.enum(['root', 'targets']),
  text: z.string().min(2).max(200_000),
});
