import { z } from 'zod';
import { instantSchema, pageOf, pageQuery, unitRefSchema } from '../page.ts';

const hours = z
  .int()
  .min(1)
  .max(24 * 90)
  .default(24);

export const createVoucherBody = z.strictObject({
  unit: z.int(),
  agentName: z.string().trim().min(1).max(200).optional(),
  /** The agent whose place new hardware takes: its name, rooms, devices and history stay, its certificates end. */
  replaces: z.string().max(40).optional(),
  hours,
});

/** The code is shown once, here. */
export const voucherSchema = z.object({
  id: z.string(),
  code: z.string(),
  unit: unitRefSchema,
  expiresAt: instantSchema,
  gatewayUrl: z.string(),
  command: z.string(),
  /** The same voucher, signed: what a machine without a network can check. For a QR code or a file. */
  token: z.string(),
});

/** Vouchers for a delivery of many machines, each for one of them. */
export const createVoucherBatchBody = z.strictObject({
  unit: z.int(),
  /** What it is for, as it stands in the list; `Delivery of September`. */
  label: z.string().trim().min(1).max(80),
  count: z.int().min(1).max(1_000),
  hours,
});
/** The codes are shown once, here. */
export const voucherBatchSchema = z.object({ label: z.string(), vouchers: z.array(voucherSchema) });

/** `late`: expired, and a machine has come with it since. */
export const voucherStates = ['open', 'used', 'late', 'expired', 'revoked'] as const;

const voucherRowSchema = z
  .object({
    id: z.string(),
    unit: unitRefSchema,
    state: z.enum(voucherStates),
    agentName: z.string().optional(),
    /** The agent whose place it gives. */
    replaces: z.object({ id: z.string(), name: z.string() }).optional(),
    /** Of the batch that it was made in. */
    label: z.string().optional(),
    createdBy: z.string(),
    createdAt: instantSchema,
    expiresAt: instantSchema,
    usedAt: instantSchema.optional(),
    /** Whom it enrolled. */
    agent: z.object({ id: z.string(), name: z.string() }).optional(),
    revokedAt: instantSchema.optional(),
    /** The machine that came with it after its end. */
    late: z.object({ at: instantSchema, times: z.int().min(1), hostname: z.string(), address: z.string() }).optional(),
  })
  .meta({ id: 'Voucher' });
export type VoucherRow = z.infer<typeof voucherRowSchema>;

export const vouchersQuery = z.object({
  ...pageQuery,
  unit: z.coerce.number().int().optional(),
  state: z.enum(voucherStates).optional(),
});
export const vouchersPage = pageOf(voucherRowSchema);

/** Withdraws vouchers that are still open, all or none. */
export const revokeVouchersBody = z.strictObject({
  vouchers: z.array(z.string().max(40)).min(1).max(1_000),
  reason: z.string().trim().max(300).optional(),
});
export const revokeVouchersResult = z.object({ revoked: z.array(z.string()) });

/** Gives vouchers more time that are open or have run out, all or none: what lets in a machine that came late. */
export const extendVouchersBody = z.strictObject({
  vouchers: z.array(z.string().max(40)).min(1).max(1_000),
  hours,
  reason: z.string().trim().min(3).max(300),
});
export const extendVouchersResult = z.object({ extended: z.array(z.string()), expiresAt: instantSchema });

/** `sheet`: several on A4, to cut apart; `label`: one on each label of 50 x 30 mm. */
const voucherLayouts = ['sheet', 'label'] as const;
export type VoucherLayout = (typeof voucherLayouts)[number];

/** Prints open vouchers, all or none. Only whoever was shown the codes has them: the hub keeps none. */
export const printVouchersBody = z.strictObject({
  layout: z.enum(voucherLayouts).default('sheet'),
  codes: z.array(z.string().max(100)).min(1).max(1_000),
});
