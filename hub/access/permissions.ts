import type { Role } from '../../protocols/api/access/session.ts';
import { type Action, actions } from './actor.ts';

/** What each role may do, within the subtree that it was granted for. Every role may read there. */
const allowed: Readonly<Record<Role, readonly Action[]>> = {
  'province-admin': actions,
  operator: [
    'read',
    'work-problems',
    'manage-rules',
    'adopt',
    'command',
    'configure',
    'view-picture',
    'manage-calendar',
    'manage-policies',
    'view-quarantine',
  ],
  engineer: [
    'read',
    'work-problems',
    'adopt',
    'command',
    'configure',
    'override',
    'view-picture',
    'issue-voucher',
    'manage-agents',
    'manage-notifications',
    'manage-releases',
    'view-quarantine',
  ],
  approver: ['read', 'approve'],
  accountant: ['read'],
  'school-it': [
    'read',
    'work-problems',
    'adopt',
    'command',
    'configure',
    'view-picture',
    'manage-units',
    'manage-calendar',
    'manage-policies',
    'issue-voucher',
  ],
  supplier: ['read'],
  auditor: ['read', 'view-audit', 'view-quarantine'],
};

/** Whether a role allows an action. */
export function allows(role: Role, action: Action): boolean {
  return allowed[role].includes(action);
}
