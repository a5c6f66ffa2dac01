import { z } from 'zod';

/** Settings of notifications; part of the hub's configuration. */
export const notificationConfig = z
  .strictObject({
    mail: z
      .strictObject({
        host: z.string().min(1).optional().describe('mail server; no e-mail without it'),
        port: z.int().min(1).max(65_535).default(587).describe('its port: 587 with STARTTLS, 465 with TLS'),
        security: z
          .enum(['starttls', 'tls', 'none'])
          .default('starttls')
          .describe('how the connection is protected; without the upgrade of STARTTLS nothing is sent'),
        user: z.string().optional().describe('name to sign in with; none without it'),
        passwordFile: z.string().optional().describe('file with the password'),
        from: z.string().min(3).default('Edufleet <edufleet@localhost>').describe('sender'),
        caFile: z
          .string()
          .optional()
          .describe('PEM of the authority of its certificate; those of the system without it'),
      })
      .prefault({}),
    webhooks: z
      .strictObject({
        allowHttp: z.boolean().default(false).describe('whether endpoints may be http:// and not only https://'),
        allowPrivate: z
          .boolean()
          .default(false)
          .describe('whether endpoints may lie in private networks and on this machine'),
        caFile: z
          .string()
          .optional()
          .describe('PEM of the authority of their certificates; those of the system without it'),
      })
      .prefault({}),
    zalo: z
      .strictObject({
        appId: z.string().regex(/^\d+$/).optional().describe('application at Zalo; no Zalo without it'),
        secretKeyFile: z.string().optional().describe('file with the secret key of the application'),
        apiUrl: z.url().default('https://openapi.zalo.me').describe('where messages go'),
        oauthUrl: z.url().default('https://oauth.zaloapp.com').describe('where tokens come from'),
      })
      .prefault({}),
  })
  .prefault({});

export type NotificationConfig = z.output<typeof notificationConfig>;
