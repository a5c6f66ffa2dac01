import type { Role } from '../../protocols/api/access/session.ts';

/** Whoever has this value in the claim has this role in the subtree of this unit. */
export interface ClaimRule {
  readonly value: string;
  readonly role: Role;
  /** Code of a unit; the whole province without it. */
  readonly unitCode?: string | undefined;
}

/**
 * The rules that a person's claims meet; pure. The claim's name may be a path, `realm_access.roles`; its value one text or a
 * list of them (OpenID Connect Core 1.0, section 5.1 leaves both open). Anything else gives nothing.
 */
export function rulesMet(claims: unknown, claim: string, rules: readonly ClaimRule[]): readonly ClaimRule[] {
  const value = valueAt(claims, claim);
  const values = new Set((Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string'));
  return rules.filter((rule) => values.has(rule.value));
}

/** A claim may itself have dots in its name, such as `https://school.example/roles`. */
function valueAt(claims: unknown, path: string): unknown {
  if (typeof claims !== 'object' || claims === null) return undefined;
  if (Object.hasOwn(claims, path)) return Reflect.get(claims, path);
  const dot = path.indexOf('.');
  if (dot < 0 || !Object.hasOwn(claims, path.slice(0, dot))) return undefined;
  return valueAt(Reflect.get(claims, path.slice(0, dot)), path.slice(dot + 1));
}
