import type { z } from 'zod';
import type { Agent, agentAccessBody, agentsQuery } from '../../protocols/api/agents.ts';
import type { CauseView, causesQuery, Overview } from '../../protocols/api/causes.ts';
import type {
  addDeviceBody,
  Device,
  DeviceEvent,
  DeviceRow,
  DevicesQuery,
  deviceEventsQuery,
  Telemetry,
  telemetryQuery,
  updateDeviceBody,
} from '../../protocols/api/devices.ts';
import type { conflictsQuery, IdentityConflict, resolveConflictBody } from '../../protocols/api/enrolment/conflicts.ts';
import type {
  adoptBody,
  adoptResult,
  ProposalView,
  proposalsQuery,
  refuseBody,
} from '../../protocols/api/enrolment/proposals.ts';
import type {
  createVoucherBatchBody,
  createVoucherBody,
  extendVouchersBody,
  extendVouchersResult,
  printVouchersBody,
  revokeVouchersBody,
  revokeVouchersResult,
  VoucherRow,
  voucherBatchSchema,
  voucherSchema,
  vouchersQuery,
} from '../../protocols/api/enrolment/vouchers.ts';
import type { Family } from '../../protocols/api/families.ts';
import type {
  BatchesQuery,
  BatchPreview,
  CommandBatch,
  CommandCheck,
  CommandListRow,
  CommandsQuery,
  CommandView,
  createBatchBody,
  createCommandBody,
  decideBatchBody,
} from '../../protocols/api/operation/commands.ts';
import type { changeUnitBody, UnitChangeResult, UnitHistory } from '../../protocols/api/organisation/changes.ts';
import type {
  ImportResult,
  importSiteQuery,
  importUnitsQuery,
  UnitImport,
} from '../../protocols/api/organisation/imports.ts';
import type { QuarantineRow, quarantineQuery } from '../../protocols/api/quarantine.ts';
import type { createUnitBody, Unit, unitsQuery } from '../../protocols/api/units.ts';
import type { Access, Actor, Scope } from '../access/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Availability } from '../availability/index.ts';
import type { Calendars } from '../calendar/index.ts';
import type { Configurations } from '../configuration/index.ts';
import type { Documents, VoucherToPrint } from '../documents/index.ts';
import type { Bus } from '../events/bus.ts';
import type { Notifications } from '../notifications/index.ts';
import type { Policies } from '../policies/index.ts';
import type { Problems } from '../problems/index.ts';
import type { Releases } from '../releases/index.ts';

/**
 * What the routes call, and no more. Every function takes the scope of the right action first and answers what lies
 * outside of it exactly like what does not exist, by NotFoundError.
 */

type Awaitable<T> = T | Promise<T>;

interface Page<T> {
  readonly rows: T[];
  readonly next?: string;
  readonly total: number;
}

interface OrganisationPort {
  /** `/1/7/`. Throws NotFoundError. */
  pathOf(unitId: number): string;
  list(scope: Scope, query: z.output<typeof unitsQuery>): Awaitable<Page<Unit>>;
  get(scope: Scope, id: number): Awaitable<Unit>;
  create(scope: Scope, body: z.output<typeof createUnitBody>, options: { readonly actor: Actor }): Awaitable<Unit>;
  history(scope: Scope, id: number, on?: string): Awaitable<UnitHistory>;
  /** `about` are the units that the audit log tells of it. */
  change(
    scope: Scope,
    actor: Actor,
    id: number,
    body: z.output<typeof changeUnitBody>,
  ): Awaitable<UnitChangeResult & { readonly about: readonly number[] }>;
}

interface ImportsPort {
  importUnits(
    scope: Scope,
    actor: Actor,
    query: z.output<typeof importUnitsQuery>,
    bytes: Uint8Array,
  ): Promise<ImportResult>;
  importSite(
    scope: Scope,
    actor: Actor,
    query: z.output<typeof importSiteQuery>,
    bytes: Uint8Array,
  ): Promise<ImportResult>;
  listImports(scope: Scope): Promise<UnitImport[]>;
  /** The unit under which it was. */
  undoImport(scope: Scope, actor: Actor, id: number): Promise<number>;
  template(of: 'units' | 'site'): Promise<Buffer>;
}

interface RegistryPort {
  deviceOf(
    id: string,
  ): { readonly unitId: number; readonly unitPath: string; readonly supplierId?: number | undefined } | undefined;
  listDevices(scope: Scope, query: DevicesQuery): Awaitable<Page<DeviceRow>>;
  getDevice(scope: Scope, id: string): Awaitable<Device>;
  updateDevice(scope: Scope, actor: Actor, id: string, body: z.output<typeof updateDeviceBody>): Awaitable<Device>;
  addDevice(scope: Scope, actor: Actor, body: z.output<typeof addDeviceBody>): Awaitable<Device>;
  listAgents(scope: Scope, query: z.output<typeof agentsQuery>): Awaitable<Page<Agent>>;
  getAgent(scope: Scope, id: string): Awaitable<Agent>;
  families(): readonly Family[];
  listProposals(scope: Scope, query: z.output<typeof proposalsQuery>): Awaitable<Page<ProposalView>>;
  adopt(scope: Scope, actor: Actor, body: z.output<typeof adoptBody>): Awaitable<z.output<typeof adoptResult>>;
  refuse(
    scope: Scope,
    actor: Actor,
    body: z.output<typeof refuseBody>,
  ): Awaitable<{ readonly refused: readonly string[] }>;
}

interface TelemetryPort {
  /** One metric of a device over time. Throws InvalidInputError for an unknown metric or a span that is turned round. */
  series(deviceId: string, query: z.output<typeof telemetryQuery>): Awaitable<Telemetry>;
}

interface HistoryPort {
  /** Events, changes of inventory, commands and causes of a device in one list, newest first. */
  eventsOf(
    deviceId: string,
    query: z.output<typeof deviceEventsQuery>,
    isWhole?: boolean,
  ): Awaitable<{ readonly rows: DeviceEvent[]; readonly next?: string }>;
}

interface CommandBatchesPort {
  preview(scope: Scope, actor: Actor, body: z.output<typeof createBatchBody>): Awaitable<BatchPreview>;
  create(scope: Scope, actor: Actor, body: z.output<typeof createBatchBody>): Awaitable<CommandBatch>;
  get(scope: Scope, actor: Actor, id: string): Awaitable<CommandBatch>;
  list(scope: Scope, actor: Actor, query: BatchesQuery): Awaitable<Page<CommandBatch>>;
  cancel(scope: Scope, actor: Actor, id: string): Awaitable<CommandBatch>;
  decide(scope: Scope, actor: Actor, id: string, body: z.output<typeof decideBatchBody>): Awaitable<CommandBatch>;
}

interface CommandsPort {
  create(
    scope: Scope,
    actor: Actor,
    deviceId: string,
    body: z.output<typeof createCommandBody>,
  ): Awaitable<CommandView>;
  check(
    scope: Scope,
    actor: Actor,
    deviceId: string,
    body: z.output<typeof createCommandBody>,
  ): Awaitable<CommandCheck>;
  cancel(scope: Scope, actor: Actor, id: string): Awaitable<CommandView>;
  list(scope: Scope, query: CommandsQuery): Awaitable<Page<CommandListRow>>;
  readonly batches: CommandBatchesPort;
  get(scope: Scope, id: string): Awaitable<CommandView>;
  listOf(scope: Scope, deviceId: string): Awaitable<CommandView[]>;
  picture(
    scope: Scope,
    id: string,
  ): Awaitable<{ readonly contentType: string; readonly bytes: Buffer; readonly device: string }>;
}

interface HealthPort {
  overview(scope: Scope): Awaitable<Overview>;
  listCauses(scope: Scope, query: z.output<typeof causesQuery>): Awaitable<Page<CauseView>>;
}

interface EnrolmentPort {
  createVoucher(
    scope: Scope,
    actor: Actor,
    body: z.output<typeof createVoucherBody>,
  ): Awaitable<z.output<typeof voucherSchema>>;
  createVoucherBatch(
    scope: Scope,
    actor: Actor,
    body: z.output<typeof createVoucherBatchBody>,
  ): Awaitable<z.output<typeof voucherBatchSchema>>;
  listVouchers(scope: Scope, query: z.output<typeof vouchersQuery>): Awaitable<Page<VoucherRow>>;
  revokeVouchers(
    scope: Scope,
    actor: Actor,
    body: z.output<typeof revokeVouchersBody>,
  ): Awaitable<z.output<typeof revokeVouchersResult>>;
  extendVouchers(
    scope: Scope,
    actor: Actor,
    body: z.output<typeof extendVouchersBody>,
  ): Awaitable<z.output<typeof extendVouchersResult>>;
  vouchersToPrint(
    scope: Scope,
    actor: Actor,
    body: z.output<typeof printVouchersBody>,
  ): Awaitable<readonly VoucherToPrint[]>;
  setAccess(
    scope: Scope,
    actor: Actor,
    agentId: string,
    status: z.output<typeof agentAccessBody>['status'],
    reason: string,
  ): Promise<void>;
  listConflicts(scope: Scope, query: z.output<typeof conflictsQuery>): Awaitable<Page<IdentityConflict>>;
  resolveConflict(
    scope: Scope,
    actor: Actor,
    id: string,
    body: z.output<typeof resolveConflictBody>,
  ): Awaitable<IdentityConflict>;
}

interface QuarantinePort {
  list(scope: Scope, query: z.output<typeof quarantineQuery>): Awaitable<Page<QuarantineRow>>;
}

/** The features behind the HTTP API. */
export interface Features {
  readonly access: Omit<Access, 'ensureUser' | 'hasUsers' | 'expireSessions' | 'forget'>;
  readonly audit: Pick<Audit, 'append' | 'list' | 'verify'>;
  readonly organisation: OrganisationPort;
  readonly imports: ImportsPort;
  readonly policies: Pick<Policies, 'list' | 'check' | 'create' | 'update' | 'remove' | 'listRuns' | 'listBundles'>;
  readonly releases: Pick<
    Releases,
    'list' | 'get' | 'create' | 'withdraw' | 'upload' | 'append' | 'preflightView' | 'trust' | 'takeMetadata'
  >;
  readonly calendars: Pick<Calendars, 'view' | 'versions' | 'change' | 'restore' | 'importFile' | 'exportFile'>;
  readonly registry: RegistryPort;
  readonly telemetry: TelemetryPort;
  readonly history: HistoryPort;
  readonly commands: CommandsPort;
  readonly configuration: Configurations;
  readonly availability: Pick<Availability, 'report' | 'setClass'>;
  readonly health: HealthPort;
  readonly problems: Omit<Problems, 'journal' | 'load' | 'watch' | 'tick' | keyof AsyncDisposable>;
  readonly enrolment: EnrolmentPort;
  readonly documents: Documents;
  readonly notifications: Omit<Notifications, 'tick' | 'deliver' | 'trim' | keyof AsyncDisposable>;
  readonly quarantine: QuarantinePort;
  readonly bus: Pick<Bus, 'subscribe'>;
}
