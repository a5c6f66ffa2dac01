import { describe, expect, it } from 'vitest';
import { actions } from '../../../hub/access/actor.ts';
import { createGrantedActor, type Grant } from '../../../hub/access/granted-actor.ts';
import { allows } from '../../../hub/access/permissions.ts';
import { type Role, roleSchema } from '../../../protocols/api/access/session.ts';

const roles = roleSchema.options;
const may = (role: Role) => actions.filter((action) => allows(role, action));

describe('permissions', () => {
  it('lets every role read, and the administrator everything', () => {
    expect(roles.filter((role) => !allows(role, 'read'))).toEqual([]);
    expect(may('province-admin')).toEqual(actions);
  });

  it('gives the audit log to the administrator and the auditor, who changes nothing', () => {
    expect(roles.filter((role) => allows(role, 'view-audit'))).toEqual(['province-admin', 'auditor']);
    expect(may('auditor')).toEqual(['read', 'view-audit', 'view-quarantine']);
  });

  it('lets accountants, approvers and suppliers only read', () => {
    for (const role of ['accountant', 'approver', 'supplier'] as const) expect(may(role)).toEqual(['read']);
  });

  it('lets whoever sees pictures command as well: a snapshot is both', () => {
    expect(roles.filter((role) => allows(role, 'view-picture') && !allows(role, 'command'))).toEqual([]);
  });
});

describe('scopes of grants', () => {
  const grant = (role: Role, path: string): Grant => ({ role, path, unit: { id: 1, name: 'x', kind: 'school' } });
  const scopes = (...grants: Grant[]) =>
    createGrantedActor({
      user: { id: 'a', name: 'A', email: 'a@b.vn' },
      grants,
      via: 'token',
      expiresAt: undefined,
      mustChangePassword: false,
    });

  it('are those of the roles that allow the action', () => {
    const actor = scopes(grant('accountant', '/1/'), grant('school-it', '/1/2/'), grant('school-it', '/1/3/'));
    expect(actor.scopeFor('read').paths).toEqual(['/1/']);
    expect(actor.scopeFor('command').paths).toEqual(['/1/2/', '/1/3/']);
    expect(actor.scopeFor('view-audit').paths).toEqual([]);
  });

  it('leave out what lies within another, and nothing that only begins alike', () => {
    expect(scopes(grant('operator', '/1/2/'), grant('engineer', '/1/2/5/')).scopeFor('command').paths).toEqual([
      '/1/2/',
    ]);
    expect(scopes(grant('operator', '/1/2/'), grant('engineer', '/1/25/')).scopeFor('command').paths).toHaveLength(2);
    expect(scopes(grant('operator', '/1/2/'), grant('engineer', '/1/2/')).scopeFor('command').paths).toEqual(['/1/2/']);
    expect(scopes().scopeFor('read').paths).toEqual([]);
  });
});
