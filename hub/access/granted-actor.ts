import type { Role } from '../../protocols/api/access/session.ts';
import type { UnitKind } from '../store/tables.ts';
import { type Action, type Actor, actions } from './actor.ts';
import { allows } from './permissions.ts';
import { narrow, type Scope } from './scope.ts';
import type { SessionUser } from './sign-in/sign-in.ts';

/** A role of a person, and the subtree that it is for. */
export interface Grant {
  readonly role: Role;
  readonly unit: { readonly id: number; readonly name: string; readonly kind: UnitKind };
  readonly path: string;
  /** Of the role `supplier`: whose devices are seen. */
  readonly supplier?: { readonly id: number; readonly name: string };
}

/** An actor with what the page about oneself tells. */
export interface SignedInActor extends Actor {
  readonly email: string;
  readonly grants: readonly Grant[];
  /** A program behind a token may not make further tokens. */
  readonly via: 'session' | 'token';
  /** Fewer rights than the person's own: such a token has no business with the other tokens. */
  readonly isNarrowed: boolean;
  /** End of the session; undefined for a token. */
  readonly expiresAt: Date | undefined;
  /** Signs in by a second step. */
  readonly hasTwoFactor: boolean;
  /** Somebody else knows the password: nothing may be done before it is changed. */
  readonly mustChangePassword: boolean;
  /** A role asks for a second factor: nothing may be done before there is one. */
  readonly mustSetUpTwoFactor: boolean;
  /** End of rights that were given past all roles, while they last. */
  readonly emergencyUntil?: Date | undefined;
}

/** What a token was narrowed to at its making. */
export interface Narrowing {
  readonly actions: readonly string[] | undefined;
  /** Path of a unit. */
  readonly path: string | undefined;
}

export interface GrantedActorParts {
  readonly user: SessionUser;
  readonly grants: readonly Grant[];
  readonly via: 'session' | 'token';
  readonly expiresAt: Date | undefined;
  readonly narrowing?: Narrowing | undefined;
  /** All false without a word. */
  readonly hasTwoFactor?: boolean;
  readonly mustChangePassword?: boolean;
  readonly mustSetUpTwoFactor?: boolean;
  readonly emergencyUntil?: Date | undefined;
}

/** The scopes that a person's grants give, or the part of them that a token was narrowed to; pure. */
export function createGrantedActor({ user, narrowing, ...standing }: GrantedActorParts): SignedInActor {
  const scopes = new Map<Action, Scope>(
    actions.map((action) => [action, narrowed(scopeOf(standing.grants, action), action, narrowing)]),
  );
  const { id, name, email } = user;
  const isNarrowed = narrowing?.actions !== undefined || narrowing?.path !== undefined;
  const duties = { hasTwoFactor: false, mustChangePassword: false, mustSetUpTwoFactor: false };
  return {
    id,
    name,
    email,
    isNarrowed,
    ...duties,
    ...standing,
    scopeFor: (action) => scopes.get(action) ?? { paths: [] },
  };
}

function narrowed(scope: Scope, action: Action, narrowing: Narrowing | undefined): Scope {
  if (narrowing?.actions?.includes(action) === false) return { paths: [] };
  return narrowing?.path === undefined ? scope : narrow(scope, narrowing.path);
}

/**
 * Paths of the grants that allow the action; one that lies within another is left out. A supplier's grant opens no subtree,
 * only its devices in it, and nothing at all without a supplier.
 */
function scopeOf(grants: readonly Grant[], action: Action): Scope {
  const allowing = grants.filter(({ role }) => allows(role, action));
  const whole = allowing.filter(({ role }) => role !== 'supplier');
  const paths = [...new Set(whole.map(({ path }) => path))];
  const outer = paths.filter((path) => !paths.some((other) => other !== path && path.startsWith(other)));
  const supplied = allowing.flatMap(({ role, path, supplier }) =>
    role === 'supplier' && supplier ? [{ path, supplier: supplier.id }] : [],
  );
  return supplied.length === 0 ? { paths: outer } : { paths: outer, supplied };
}
