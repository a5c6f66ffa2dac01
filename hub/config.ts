import { z } from 'zod';
import { roleSchema } from '../protocols/api/access/session.ts';
import { readSettings, type Settings, type SettingsSources } from '../provisioning/platform/settings.ts';
import { notificationConfig } from './notifications/index.ts';

const listener = (port: number) => ({
  host: z.string().default('127.0.0.1').describe('address to listen on'),
  port: z.int().min(0).max(65_535).default(port).describe('TCP port; 0 takes a free one'),
});

/** Every setting of the hub, with its default. */
const schema = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .default('.edufleet/hub')
    .describe('folder of the embedded database, keys and certificates'),
  sealKeyFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'keys that seal secrets of devices, such as a systemd credential; seal.key in the data folder without it',
    ),
  databaseUrl: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('PostgreSQL 15 or newer; the embedded database without it'),
  province: z
    .string()
    .min(1)
    .default('Tỉnh Quảng Ngãi')
    .describe('name of the root of the organisation, when it is first made'),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info') }).prefault({}),
  http: z
    .strictObject({
      ...listener(8080),
      publicUrl: z.url().optional().describe('address that people use; built from host and port without it'),
      trustProxy: z
        .array(z.string())
        .default([])
        .describe('addresses of reverse proxies whose X-Forwarded-* headers are believed'),
    })
    .prefault({}),
  gateway: z
    .strictObject({
      ...listener(8443),
      publicHost: z.string().optional().describe('name or address by which agents reach this hub'),
    })
    .prefault({}),
  broker: z
    .strictObject({
      ...listener(8883),
      maxConnections: z.int().min(1).max(100_000).default(5_000).describe('most agents at once'),
    })
    .prefault({}),
  enrolment: z
    .strictObject({
      again: z
        .enum(['keep', 'reset', 'refuse'])
        .default('keep')
        .describe(
          'a machine that is an agent already enrols again: it stays that agent, becomes a new one, or is refused',
        ),
    })
    .prefault({}),
  access: z
    .strictObject({
      twoFactorRoles: z
        .array(roleSchema)
        .default([])
        .describe('roles whose holders do nothing before they have set up a second step at sign-in'),
      oidc: z
        .strictObject({
          issuer: z.url().optional().describe('OpenID provider for single sign-on; none without it'),
          clientId: z.string().default('edufleet').describe('what this hub is called at the provider'),
          clientSecretFile: z.string().optional().describe('file with the secret that the provider gave this hub'),
          label: z.string().default('SSO').describe('what the button at the sign-in page says'),
          scopes: z.array(z.string()).default(['openid', 'profile', 'email']).describe('what is asked for'),
          claim: z.string().default('groups').describe('claim that roles come from; a path such as realm_access.roles'),
          mapping: z
            .array(z.strictObject({ value: z.string(), role: roleSchema, unitCode: z.string().optional() }))
            .default([])
            .describe('value of the claim, the role it gives, and the code of the unit whose subtree it is for'),
          allowCreate: z
            .boolean()
            .default(false)
            .describe('whether somebody who is not known here yet is made at their first sign-in'),
        })
        .prefault({}),
    })
    .prefault({}),
  admin: z
    .strictObject({
      email: z.email().default('admin@edufleet.example').describe('first administrator, made when there is nobody yet'),
      password: z
        .string()
        .min(12)
        .optional()
        .describe('their password; a random one is written to admin-password in the data folder without it'),
    })
    .prefault({}),
  notifications: notificationConfig,
  releases: z
    .strictObject({
      folder: z
        .string()
        .optional()
        .describe(
          'where artifacts lie; artifacts in the data folder without it. Several hubs need one that they share',
        ),
      storeBytes: z.int().min(1).default(21_474_836_480).describe('most bytes of all artifacts together'),
      artifactBytes: z.int().min(1).default(2_147_483_648).describe('most bytes of one artifact'),
      reserveBytes: z.int().min(0).default(1_073_741_824).describe('bytes of the disk that artifacts leave free'),
      uploadHours: z.int().min(1).default(168).describe('hours after which an upload that was left is thrown away'),
      downloads: z.int().min(1).default(64).describe('most downloads of agents at once'),
      downloadsAnAgent: z.int().min(1).default(2).describe('most downloads of one agent at once'),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      rawDays: z.int().min(1).max(3_650).default(14).describe('days that raw samples are kept'),
      fiveMinuteDays: z.int().min(1).max(3_650).default(90).describe('days that 5-minute roll-ups are kept'),
      hourlyDays: z.int().min(1).max(36_500).default(1_825).describe('days that hourly roll-ups are kept'),
    })
    .prefault({}),
});

export type HubConfig = z.output<typeof schema>;

/** Reads the hub's configuration; see readSettings for what it throws. */
export function readHubConfig(sources: SettingsSources): Settings<HubConfig> {
  return readSettings(schema, sources);
}
