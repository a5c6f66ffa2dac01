import { z } from 'zod';
import { emergenciesList } from '../../../../protocols/api/access/emergencies.ts';
import { passkeyOptionsSchema, passkeySchema, passkeysList } from '../../../../protocols/api/access/passkeys.ts';
import {
  type createPersonBody,
  peoplePage,
  personSchema,
  personWithPasswordSchema,
  type updatePersonBody,
} from '../../../../protocols/api/access/people.ts';
import { meSchema } from '../../../../protocols/api/access/session.ts';
import {
  backupCodesSchema,
  doneSchema,
  secondStepSchema,
  signedInSchema,
  signInOptionsSchema,
  ssoBeginSchema,
  twoFactorEnrolmentSchema,
} from '../../../../protocols/api/access/sign-in.ts';
import {
  type createSupplierBody,
  supplierSchema,
  suppliersList,
  type updateSupplierBody,
} from '../../../../protocols/api/access/suppliers.ts';
import { createdTokenSchema, type createTokenBody, tokensList } from '../../../../protocols/api/access/tokens.ts';
import { type agentAccessBody, agentSchema, agentsPage } from '../../../../protocols/api/agents.ts';
import { auditPage, auditVerdictSchema } from '../../../../protocols/api/audit.ts';
import { causesPage, overviewSchema } from '../../../../protocols/api/causes.ts';
import {
  type addDeviceBody,
  deviceEventsPage,
  deviceSchema,
  devicesPage,
  telemetrySchema,
  type updateDeviceBody,
} from '../../../../protocols/api/devices.ts';
import {
  conflictSchema,
  conflictsPage,
  type resolveConflictBody,
} from '../../../../protocols/api/enrolment/conflicts.ts';
import {
  type adoptBody,
  adoptResult,
  proposalsPage,
  type refuseBody,
  refuseResult,
} from '../../../../protocols/api/enrolment/proposals.ts';
import {
  type createVoucherBatchBody,
  type createVoucherBody,
  type extendVouchersBody,
  extendVouchersResult,
  type printVouchersBody,
  type revokeVouchersBody,
  revokeVouchersResult,
  voucherBatchSchema,
  voucherSchema,
  vouchersPage,
} from '../../../../protocols/api/enrolment/vouchers.ts';
import { familiesList } from '../../../../protocols/api/families.ts';
import { commandSchema, commandsList, type createCommandBody } from '../../../../protocols/api/operation/commands.ts';
import type { PosterLayout } from '../../../../protocols/api/posters.ts';
import { quarantinePage } from '../../../../protocols/api/quarantine.ts';
import { type createUnitBody, unitSchema, unitsPage } from '../../../../protocols/api/units.ts';
import { ask, askOnce, askPdf } from './http.ts';

/** Words, place and size of a list request; further filters as the list knows them. */
export type ListQuery = Readonly<Record<string, string | number | undefined>>;

const root = '/api/v1';
const id = encodeURIComponent;

const firstStepSchema = z.union([signedInSchema, secondStepSchema]);

/** A fresh key for a request that must act once. `randomUUID` needs HTTPS, which a school's network may not have. */
function onceKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Every address of the hub that the page uses, in one place. All throw ApiError. */
export const api = {
  signIn: (email: string, password: string) =>
    askOnce('/api/auth/sign-in/email', { method: 'POST', body: { email, password }, schema: firstStepSchema }),
  signInOptions: (signal?: AbortSignal) =>
    askOnce('/api/auth/sign-in/options', { schema: signInOptionsSchema, signal }),
  beginSso: () => askOnce('/api/auth/sign-in/sso', { method: 'POST', body: {}, schema: ssoBeginSchema }),
  signInSecond: (code: string) =>
    askOnce('/api/auth/sign-in/two-factor', { method: 'POST', body: { code }, schema: signedInSchema }),
  signOut: () => askOnce('/api/auth/sign-out', { method: 'POST', body: {}, schema: doneSchema }),
  changePassword: (currentPassword: string, newPassword: string) =>
    askOnce('/api/auth/change-password', {
      method: 'POST',
      body: { currentPassword, newPassword },
      schema: doneSchema,
    }),
  // A wrong password or code is no end of the session: these do not wait for a new sign-in.
  beginTwoFactor: (password: string) =>
    askOnce('/api/auth/two-factor/enable', { method: 'POST', body: { password }, schema: twoFactorEnrolmentSchema }),
  confirmTwoFactor: (code: string) =>
    askOnce('/api/auth/two-factor/confirm', { method: 'POST', body: { code }, schema: doneSchema }),
  disableTwoFactor: (password: string) =>
    askOnce('/api/auth/two-factor/disable', { method: 'POST', body: { password }, schema: doneSchema }),
  renewBackupCodes: (password: string) =>
    askOnce('/api/auth/two-factor/backup-codes', { method: 'POST', body: { password }, schema: backupCodesSchema }),
  beginPasskeySignIn: (signal?: AbortSignal) =>
    askOnce('/api/auth/sign-in/passkey/begin', { method: 'POST', body: {}, schema: passkeyOptionsSchema, signal }),
  signInPasskey: (response: unknown) =>
    askOnce('/api/auth/sign-in/passkey', { method: 'POST', body: { response }, schema: signedInSchema }),
  passkeys: (signal?: AbortSignal) => ask('/api/auth/passkeys', { schema: passkeysList, signal }),
  beginPasskey: (password: string) =>
    askOnce('/api/auth/passkeys/begin', { method: 'POST', body: { password }, schema: passkeyOptionsSchema }),
  addPasskey: (name: string, response: unknown) =>
    askOnce('/api/auth/passkeys', { method: 'POST', body: { name, response }, schema: passkeySchema }),
  removePasskey: (passkey: string, password: string) =>
    askOnce('/api/auth/passkeys/remove', { method: 'POST', body: { id: passkey, password }, schema: doneSchema }),
  tokens: (signal?: AbortSignal) => ask(`${root}/tokens`, { schema: tokensList, signal }),
  createToken: (body: z.input<typeof createTokenBody>) =>
    ask(`${root}/tokens`, { method: 'POST', body, schema: createdTokenSchema }),
  revokeToken: (token: string) => ask(`${root}/tokens/${id(token)}`, { method: 'DELETE', schema: z.undefined() }),
  suppliers: (signal?: AbortSignal) => ask(`${root}/suppliers`, { schema: suppliersList, signal }),
  createSupplier: (body: z.input<typeof createSupplierBody>) =>
    ask(`${root}/suppliers`, { method: 'POST', body, schema: supplierSchema }),
  updateSupplier: (supplier: number, body: z.input<typeof updateSupplierBody>) =>
    ask(`${root}/suppliers/${supplier}`, { method: 'PATCH', body, schema: supplierSchema }),
  me: (signal?: AbortSignal) => askOnce(`${root}/me`, { schema: meSchema, signal }),

  overview: (unit: number | undefined, signal?: AbortSignal) =>
    ask(`${root}/overview`, { schema: overviewSchema, query: { unit }, signal }),
  causes: (query: ListQuery, signal?: AbortSignal) => ask(`${root}/causes`, { schema: causesPage, query, signal }),

  devices: (query: ListQuery, signal?: AbortSignal) => ask(`${root}/devices`, { schema: devicesPage, query, signal }),
  device: (device: string, signal?: AbortSignal) =>
    ask(`${root}/devices/${id(device)}`, { schema: deviceSchema, signal }),
  addDevice: (body: z.input<typeof addDeviceBody>) =>
    ask(`${root}/devices`, { method: 'POST', body, schema: deviceSchema, onceKey: onceKey() }),
  updateDevice: (device: string, body: z.input<typeof updateDeviceBody>) =>
    ask(`${root}/devices/${id(device)}`, { method: 'PATCH', body, schema: z.unknown() }),
  telemetry: (device: string, query: ListQuery, signal?: AbortSignal) =>
    ask(`${root}/devices/${id(device)}/telemetry`, { schema: telemetrySchema, query, signal }),
  deviceEvents: (device: string, query: ListQuery, signal?: AbortSignal) =>
    ask(`${root}/devices/${id(device)}/events`, { schema: deviceEventsPage, query, signal }),
  createCommand: (device: string, body: z.input<typeof createCommandBody>) =>
    ask(`${root}/devices/${id(device)}/commands`, { method: 'POST', body, schema: commandSchema, onceKey: onceKey() }),
  commands: (device: string, signal?: AbortSignal) =>
    ask(`${root}/devices/${id(device)}/commands`, { schema: commandsList, signal }),
  command: (command: string, signal?: AbortSignal) =>
    ask(`${root}/commands/${id(command)}`, { schema: commandSchema, signal }),
  pictureAddress: (command: string, purpose: string) => `${root}/pictures/${id(command)}?purpose=${id(purpose)}`,

  agents: (query: ListQuery, signal?: AbortSignal) => ask(`${root}/agents`, { schema: agentsPage, query, signal }),
  agent: (agent: string, signal?: AbortSignal) => ask(`${root}/agents/${id(agent)}`, { schema: agentSchema, signal }),

  setAgentAccess: (agent: string, body: z.input<typeof agentAccessBody>) =>
    ask(`${root}/agents/${id(agent)}/access`, { method: 'POST', body, schema: agentSchema }),

  conflicts: (query: ListQuery, signal?: AbortSignal) =>
    ask(`${root}/conflicts`, { schema: conflictsPage, query, signal }),
  resolveConflict: (conflict: string, body: z.input<typeof resolveConflictBody>) =>
    ask(`${root}/conflicts/${id(conflict)}/resolve`, { method: 'POST', body, schema: conflictSchema }),

  families: (signal?: AbortSignal) => ask(`${root}/families`, { schema: familiesList, signal }),

  proposals: (query: ListQuery, signal?: AbortSignal) =>
    ask(`${root}/proposals`, { schema: proposalsPage, query, signal }),
  adopt: (body: z.input<typeof adoptBody>) =>
    ask(`${root}/proposals/adopt`, { method: 'POST', body, schema: adoptResult, onceKey: onceKey() }),
  refuse: (body: z.input<typeof refuseBody>) =>
    ask(`${root}/proposals/refuse`, { method: 'POST', body, schema: refuseResult }),

  units: (query: ListQuery, signal?: AbortSignal) => ask(`${root}/units`, { schema: unitsPage, query, signal }),
  unit: (unit: number, signal?: AbortSignal) => ask(`${root}/units/${unit}`, { schema: unitSchema, signal }),
  posters: (unit: number, layout: PosterLayout) => askPdf(`${root}/units/${unit}/posters`, { query: { layout } }),
  createUnit: (body: z.input<typeof createUnitBody>) =>
    ask(`${root}/units`, { method: 'POST', body, schema: unitSchema }),
  createVoucher: (body: z.input<typeof createVoucherBody>) =>
    ask(`${root}/vouchers`, { method: 'POST', body, schema: voucherSchema }),
  createVoucherBatch: (body: z.input<typeof createVoucherBatchBody>) =>
    ask(`${root}/vouchers/batch`, { method: 'POST', body, schema: voucherBatchSchema }),
  vouchers: (query: ListQuery, signal?: AbortSignal) =>
    ask(`${root}/vouchers`, { schema: vouchersPage, query, signal }),
  extendVouchers: (body: z.input<typeof extendVouchersBody>) =>
    ask(`${root}/vouchers/extend`, { method: 'POST', body, schema: extendVouchersResult }),
  printVouchers: (body: z.input<typeof printVouchersBody>) =>
    askPdf(`${root}/vouchers/print`, { method: 'POST', body }),
  revokeVouchers: (body: z.input<typeof revokeVouchersBody>) =>
    ask(`${root}/vouchers/revoke`, { method: 'POST', body, schema: revokeVouchersResult }),

  people: (query: ListQuery, signal?: AbortSignal) => ask(`${root}/people`, { schema: peoplePage, query, signal }),
  createPerson: (body: z.input<typeof createPersonBody>) =>
    ask(`${root}/people`, { method: 'POST', body, schema: personWithPasswordSchema }),
  updatePerson: (person: string, body: z.input<typeof updatePersonBody>) =>
    ask(`${root}/people/${id(person)}`, { method: 'PATCH', body, schema: personSchema }),
  resetPassword: (person: string) =>
    ask(`${root}/people/${id(person)}/password`, { method: 'POST', body: {}, schema: personWithPasswordSchema }),
  resetTwoFactor: (person: string) =>
    ask(`${root}/people/${id(person)}/two-factor`, { method: 'DELETE', schema: personSchema }),

  emergencies: (signal?: AbortSignal) => ask(`${root}/emergencies`, { schema: emergenciesList, signal }),

  audit: (query: ListQuery, signal?: AbortSignal) => ask(`${root}/audit`, { schema: auditPage, query, signal }),
  verifyAudit: () => ask(`${root}/audit/verification`, { schema: auditVerdictSchema }),

  quarantine: (query: ListQuery, signal?: AbortSignal) =>
    ask(`${root}/quarantine`, { schema: quarantinePage, query, signal }),
} as const;

/** Address of the stream of live events; with a device, its samples and states come too. */
export function liveAddress(device: string | undefined): string {
  return device === undefined ? `${root}/live` : `${root}/live?device=${id(device)}`;
}
