import { z } from 'zod';
import { agentIdSchema, deviceIdSchema } from './ids.ts';

const pem = (label: string) =>
  z
    .string()
    .max(8 * 1024)
    .regex(
      new RegExp(`^-----BEGIN ${label}-----\\n[A-Za-z0-9+/=\\r\\n]+-----END ${label}-----\\s*$`),
      `no PEM ${label}`,
    );

/** PKCS#10 (RFC 2986), PEM. The hub proves the signature and ignores subject and extensions. */
const requestPem = pem('CERTIFICATE REQUEST');
const certificatePem = pem('CERTIFICATE');

/** What tells one machine from its clone. Serials are absent where the maker left them empty. */
export const machineFingerprintSchema = z.object({
  boardSerial: z.string().max(120).optional(),
  /** SHA-256 of the public endorsement key of its TPM (TPM 2.0), where it has one that answers. */
  tpmKey: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'a SHA-256 is 64 hex digits')
    .optional(),
  macs: z.array(z.string().max(20)).max(32),
  diskSerials: z.array(z.string().max(120)).max(32),
});
export type MachineFingerprint = z.infer<typeof machineFingerprintSchema>;

/** Body of `POST /enrol` at the gateway, over TLS without a client certificate. */
export const enrolRequestSchema = z.object({
  /** The 128-bit secret of the voucher's code, lower-case hex. */
  voucher: z.string().regex(/^[0-9a-f]{32}$/, 'a voucher secret is 32 hex digits'),
  csr: requestPem,
  fingerprint: machineFingerprintSchema,
  agentVersion: z.string().max(40),
  hostname: z.string().max(255),
  /** Family under which the agent drives its own machine. */
  hostFamily: z.string().regex(/^[a-z0-9-]{1,40}$/),
});
export type EnrolRequest = z.infer<typeof enrolRequestSchema>;

const certificateGrant = {
  certificate: certificatePem,
  /** What stands above the certificate: the device CA first, the root last. */
  chain: z.array(certificatePem).min(1).max(5),
};

/** Answer to `POST /enrol`. */
export const enrolResponseSchema = z.object({
  agentId: agentIdSchema,
  ...certificateGrant,
  hub: z.object({
    /** `mqtts://host:port` of the broker. */
    mqttUrl: z.url({ protocol: /^mqtts$/ }),
    /** `https://host:port` of renewal and pictures. */
    gatewayUrl: z.url({ protocol: /^https$/ }),
  }),
  /** The name that people gave this agent. */
  name: z.string().max(200),
  /** The device that stands for the agent's own machine: what it measured before it had an identity belongs to this. */
  hostDevice: deviceIdSchema.optional(),
});
export type EnrolResponse = z.infer<typeof enrolResponseSchema>;

/** Body of `POST /renew` at the gateway, over mTLS with the certificate in force. */
export const renewRequestSchema = z.object({ csr: requestPem });
export type RenewRequest = z.infer<typeof renewRequestSchema>;

/** Answer to `POST /renew`. */
export const renewResponseSchema = z.object(certificateGrant);
export type RenewResponse = z.infer<typeof renewResponseSchema>;
