import { z } from 'zod';

/** What a release brings; `configuration` is content that a driver or the agent knows how to apply. */
export const releaseComponentSchema = z.enum(['device-firmware', 'agent', 'android-app', 'configuration']);
export type ReleaseComponent = z.infer<typeof releaseComponentSchema>;

const segment = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;

/** Name of what is released, as `rally-bar`: one segment of a path, without a leading dot. */
const releaseNameSchema = z.string().max(60).regex(segment, 'a name has letters, digits and . _ + -');
const releaseVersionSchema = z.string().max(60).regex(segment, 'a version has letters, digits and . _ + -');
const fileNameSchema = z.string().max(60).regex(segment, 'a file name has letters, digits and . _ + -');
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 has 64 of 0-9 and a-f');

/**
 * What the release's signature says of an artifact beside its length and hash (`custom` of a TUF target, TUF 1.0 section
 * 4.5). `releaseCounter` rises with every release of a component and name, also when old content is released again; the
 * floor of an agent rises to the highest `minReleaseCounter` that was ever signed, and nothing below is installed.
 */
export const targetCustomSchema = z.strictObject({
  component: releaseComponentSchema,
  name: releaseNameSchema,
  version: releaseVersionSchema,
  family: z.string().min(1).max(40).optional(),
  /** Models it fits; empty: any. */
  models: z.array(z.string().min(1).max(80)).max(200),
  /** Versions it may be applied over; empty: any. */
  fromVersions: z.array(z.string().min(1).max(60)).max(200),
  releaseCounter: z.int().min(1),
  minReleaseCounter: z.int().min(1).optional(),
  /** Of the bill of materials, which is kept beside the artifact. */
  sbomSha256: sha256Schema.optional(),
  notes: z.string().max(2_000).optional(),
});
export type TargetCustom = z.infer<typeof targetCustomSchema>;

export interface TargetName {
  readonly component: ReleaseComponent;
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly file: string;
}

const targetNameSchema = z.object({
  component: releaseComponentSchema,
  name: releaseNameSchema,
  version: releaseVersionSchema,
  sha256: sha256Schema,
  file: fileNameSchema,
});

/** `<component>/<name>/<version>/<sha256>.<file>`. Throws what zod throws for a part that cannot stand in a path. */
export function targetPath(parts: TargetName): string {
  const { component, name, version, sha256, file } = targetNameSchema.parse(parts);
  return `${component}/${name}/${version}/${sha256}.${file}`;
}

/** The parts of a target's path, or undefined where it is none of ours. */
export function parseTargetPath(path: string): TargetName | undefined {
  const [component, name, version, last, ...more] = path.split('/');
  if (last === undefined || more.length > 0 || last[64] !== '.') return undefined;
  const parts = { component, name, version, sha256: last.slice(0, 64), file: last.slice(65) };
  const parsed = targetNameSchema.safeParse(parts);
  return parsed.success ? parsed.data : undefined;
}

/** What a floor and a release counter belong to. */
export function releaseLine({ component, name }: Pick<TargetCustom, 'component' | 'name'>): string {
  return `${component}/${name}`;
}
