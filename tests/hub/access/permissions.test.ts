import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actions } from '../../../hub/access/actor.ts';
import { createGrantedActor, type Grant } from '../../../hub/access/granted-actor.ts';
import { allows } from '../../../hub/access/permissions.ts';
import { inScope } from '../../../hub/access/scope.ts';
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

describe('a narrowed token', () => {
  const path = fc
    .array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 })
    .map((ids) => `/${ids.join('/')}/`);
  const unit = { id: 1, name: 'x', kind: 'school' } as const;
  const grants = fc.array(fc.record({ role: fc.constantFrom(...roles), path, unit: fc.constant(unit) }), {
    maxLength: 4,
  });
  const narrowing = fc.record({
    actions: fc.option(fc.subarray([...actions]), { nil: undefined }),
    path: fc.option(path, { nil: undefined }),
  });
  const user = { id: 'a', name: 'A', email: 'a@b.vn' };
  const parts = { user, via: 'token', expiresAt: undefined } as const;

  it('may exactly what its person may and it was made for, anywhere', () => {
    fc.assert(
      fc.property(grants, narrowing, path, fc.constantFrom(...actions), (held, narrowed, place, action) => {
        const whole = createGrantedActor({ ...parts, grants: held });
        const token = createGrantedActor({ ...parts, grants: held, narrowing: narrowed });
        const madeFor =
          (narrowed.actions?.includes(action) ?? true) &&
          (narrowed.path === undefined || place.startsWith(narrowed.path));
        expect(inScope(token.scopeFor(action), place)).toBe(inScope(whole.scopeFor(action), place) && madeFor);
        expect(token.isNarrowed).toBe(narrowed.actions !== undefined || narrowed.path !== undefined);
      }),
      { numRuns: 2_000 },
    );
  });
});
