import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actions } from '../../../hub/access/actor.ts';
import { createGrantedActor, type Grant } from '../../../hub/access/granted-actor.ts';
import { allows } from '../../../hub/access/permissions.ts';
import { inScope, isNothing, narrow, seesDevice, seesPlace } from '../../../hub/access/scope.ts';
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

  it('lets accountants and suppliers only read', () => {
    for (const role of ['accountant', 'supplier'] as const) expect(may(role)).toEqual(['read']);
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

describe('the scope of a supplier', () => {
  const unit = { id: 1, name: 'x', kind: 'school' } as const;
  const supplied = (path: string, id: number): Grant => ({ role: 'supplier', path, unit, supplier: { id, name: 'S' } });
  const scopeOf = (...grants: Grant[]) =>
    createGrantedActor({ user: { id: 'a', name: 'A', email: 'a@b.vn' }, grants, via: 'token', expiresAt: undefined });

  it('holds its devices in its subtree, and no place, nor anything without a supplier', () => {
    const scope = scopeOf(supplied('/1/2/', 7)).scopeFor('read');
    expect(scope).toEqual({ paths: [], supplied: [{ path: '/1/2/', supplier: 7 }] });
    expect(seesDevice(scope, { unitPath: '/1/2/5/', supplierId: 7 })).toBe(true);
    for (const device of [
      { unitPath: '/1/2/5/', supplierId: 8 },
      { unitPath: '/1/2/5/' },
      { unitPath: '/1/3/', supplierId: 7 },
      { unitPath: '/1/', supplierId: 7 },
    ])
      expect(seesDevice(scope, device)).toBe(false);
    expect([inScope(scope, '/1/2/'), seesPlace(scope, '/1/2/5/'), seesPlace(scope, '/1/')]).toEqual([
      false,
      true,
      false,
    ]);
    expect(isNothing(scopeOf({ role: 'supplier', path: '/1/', unit }).scopeFor('read'))).toBe(true);
    expect(isNothing(scopeOf(supplied('/1/', 7)).scopeFor('command'))).toBe(true);
  });

  it('never shows more when narrowed, and the same within the narrower place', () => {
    const path = fc
      .array(fc.constantFrom('1', '2', '12'), { maxLength: 3 })
      .map((ids) => `/${ids.map((id) => `${id}/`).join('')}`);
    const part = fc.record({ path, supplier: fc.constantFrom(7, 8) });
    const scope = fc.record({ paths: fc.array(path, { maxLength: 2 }), supplied: fc.array(part, { maxLength: 3 }) });
    const device = fc.record({ unitPath: path, supplierId: fc.constantFrom(undefined, 7, 8) });
    fc.assert(
      fc.property(scope, path, device, (whole, within, seen) => {
        const expected = seesDevice(whole, seen) && seen.unitPath.startsWith(within);
        expect(seesDevice(narrow(whole, within), seen)).toBe(expected);
        expect(inScope({ paths: [], supplied: whole.supplied }, seen.unitPath)).toBe(false);
      }),
    );
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
