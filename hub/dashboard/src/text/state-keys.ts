import type { z } from 'zod';
import type { actionSchema, Role } from '../../../../protocols/api/access/session.ts';
import type { Agent } from '../../../../protocols/api/agents.ts';
import type { DeviceEvent, DeviceRow } from '../../../../protocols/api/devices.ts';
import type { IdentityConflict } from '../../../../protocols/api/enrolment/conflicts.ts';
import type { ProposalView } from '../../../../protocols/api/enrolment/proposals.ts';
import type { VoucherRow } from '../../../../protocols/api/enrolment/vouchers.ts';
import type { HealthState } from '../../../../protocols/api/health.ts';
import type { Unit } from '../../../../protocols/api/units.ts';
import type { CapabilityState } from '../../../../protocols/fleet/capabilities/index.ts';
import type { CommandState } from '../../../../protocols/fleet/record.ts';
import type { TextKey } from './texts.ts';

// Whole keys, never glued ones: a state without a text does not compile, and an unused text is found.

export const healthKeys: Readonly<Record<HealthState, TextKey>> = {
  ok: 'health.ok',
  attention: 'health.attention',
  fault: 'health.fault',
  unreachable: 'health.unreachable',
  'expected-off': 'health.expected-off',
  stale: 'health.stale',
  unknown: 'health.unknown',
};

export const lifecycleKeys: Readonly<Record<DeviceRow['lifecycle'], TextKey>> = {
  'in-service': 'lifecycle.in-service',
  maintenance: 'lifecycle.maintenance',
  'in-store': 'lifecycle.in-store',
  retired: 'lifecycle.retired',
};

export const batteryKeys: Readonly<Record<CapabilityState<'battery'>['state'], TextKey>> = {
  charging: 'battery.charging',
  discharging: 'battery.discharging',
  'not-charging': 'battery.not-charging',
  full: 'battery.full',
  unknown: 'level.unknown',
};

export const commandKeys: Readonly<Record<CommandState, TextKey>> = {
  'awaiting-approval': 'command.awaiting',
  queued: 'command.queued',
  sent: 'command.sent',
  received: 'command.received',
  running: 'command.running',
  succeeded: 'command.succeeded',
  failed: 'command.failed',
  expired: 'command.expired',
  unknown: 'command.unknown',
  cancelled: 'command.cancelled',
};

export const unitKeys: Readonly<Record<Unit['kind'], TextKey>> = {
  province: 'unit.province',
  commune: 'unit.commune',
  office: 'unit.office',
  school: 'unit.school',
  building: 'unit.building',
  room: 'unit.room',
};

export const severityKeys: Readonly<Record<DeviceEvent['severity'], TextKey>> = {
  info: 'severity.info',
  warning: 'severity.warning',
  critical: 'severity.critical',
};

export const agentStatusKeys: Readonly<Record<Agent['status'], TextKey>> = {
  active: 'agentStatus.active',
  quarantined: 'agentStatus.quarantined',
  revoked: 'agentStatus.revoked',
};

export const proposalStatusKeys: Readonly<Record<ProposalView['status'], TextKey>> = {
  open: 'proposalStatus.open',
  adopted: 'proposalStatus.adopted',
  refused: 'proposalStatus.refused',
};

export const voucherStateKeys: Readonly<Record<VoucherRow['state'], TextKey>> = {
  open: 'voucherState.open',
  used: 'voucherState.used',
  late: 'voucherState.late',
  expired: 'voucherState.expired',
  revoked: 'voucherState.revoked',
};

export const conflictKeys: Readonly<Record<IdentityConflict['kind'], TextKey>> = {
  'other-machine': 'conflictKind.other-machine',
  'two-sessions': 'conflictKind.two-sessions',
  'enrolled-elsewhere': 'conflictKind.enrolled-elsewhere',
  'voucher-reused': 'conflictKind.voucher-reused',
};

export const decisionKeys: Readonly<Record<NonNullable<IdentityConflict['decision']>, TextKey>> = {
  accept: 'decision.accept',
  dismiss: 'decision.dismiss',
  revoke: 'decision.revoke',
};

export const actionNames: Readonly<Record<z.output<typeof actionSchema>, TextKey>> = {
  read: 'may.read',
  adopt: 'may.adopt',
  command: 'may.command',
  configure: 'may.configure',
  override: 'may.override',
  approve: 'may.approve',
  'view-picture': 'may.view-picture',
  'manage-units': 'may.manage-units',
  'work-problems': 'may.work-problems',
  'manage-rules': 'may.manage-rules',
  'manage-calendar': 'may.manage-calendar',
  'manage-policies': 'may.manage-policies',
  'manage-releases': 'may.manage-releases',
  'issue-voucher': 'may.issue-voucher',
  'manage-agents': 'may.manage-agents',
  'manage-people': 'may.manage-people',
  'manage-notifications': 'may.manage-notifications',
  'view-audit': 'may.view-audit',
  'view-quarantine': 'may.view-quarantine',
};

export const roleKeys: Readonly<Record<Role, TextKey>> = {
  'province-admin': 'role.province-admin',
  operator: 'role.operator',
  engineer: 'role.engineer',
  approver: 'role.approver',
  accountant: 'role.accountant',
  'school-it': 'role.school-it',
  supplier: 'role.supplier',
  auditor: 'role.auditor',
};
