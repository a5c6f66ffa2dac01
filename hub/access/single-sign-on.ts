import type { Clock, Log } from '../../protocols/ports.ts';
import type { Store, Trx } from '../store/index.ts';
import { type ClaimRule, rulesMet } from './claims.ts';
import type { Cookies, WithCookies } from './sign-in/cookies.ts';
import type { Library } from './sign-in/library.ts';
import { type OpenIdOptions, ssoProvider } from './sign-in/openid.ts';
import type { SessionUser, Visitor } from './sign-in/sign-in.ts';
import { createSingleSignOn as createFlow, refused } from './sign-in/single-sign-on.ts';
import { withSignIn } from './tables.ts';
import { findUser } from './users.ts';

export interface SingleSignOnOptions extends OpenIdOptions {
  /** On the button: `Sở GD&ĐT`. */
  readonly label: string;
  readonly claim: string;
  readonly mapping: readonly ClaimRule[];
}

export interface SingleSignOnDeps {
  readonly store: Store;
  readonly library: Library;
  readonly cookies: Cookies;
  readonly options: SingleSignOnOptions | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: () => void;
}

/** Sign-in by an OpenID provider of the department, whose claims give roles. */
export interface SingleSignOn {
  /** What its button says; undefined when there is none. */
  ssoLabel(): string | undefined;
  /** Address at the provider. Throws FatalError `sso-refused` without a provider, RecoverableError `sign-in-unavailable`. */
  beginSso(): Promise<WithCookies<string>>;
  /**
   * The session of whoever comes back. Roles that the provider gave before are replaced by what it says now; roles given by
   * hand stay. Throws FatalError `sso-refused`.
   */
  finishSso(
    back: Visitor & { readonly cookie: string; readonly query: Readonly<Record<string, string>> },
  ): Promise<WithCookies<SessionUser>>;
}

export function createSingleSignOn({ store, clock, log, options, changed, ...deps }: SingleSignOnDeps): SingleSignOn {
  const flow = createFlow(deps.library, deps.cookies);
  return {
    ssoLabel: () => options?.label,
    beginSso: async () => {
      if (!options) throw refused('off');
      return flow.begin();
    },
    finishSso: async ({ cookie, query, ...visitor }) => {
      if (!options) throw refused('off');
      const { token, claims, cookies } = await flow.finish(query, cookie, visitor);
      const session = await withSignIn(store.db)
        .updateTable('auth_session')
        .set({ provider: ssoProvider })
        .where('token', '=', token)
        .returning('user_id')
        .executeTakeFirst();
      const user = session && (await findUser(store, clock, session.user_id));
      if (!user || user.isDisabled) {
        await withSignIn(store.db).deleteFrom('auth_session').where('token', '=', token).execute();
        throw refused('account_not_linked');
      }
      const met = rulesMet(claims, options.claim, options.mapping);
      const unknown = await store.transaction((trx) => replaceGrants(trx, user.id, met));
      if (unknown.length > 0) log.warn('single sign-on names units that are not there', { codes: unknown });
      changed();
      const { id, name, email } = user;
      return { value: { id, name, email }, cookies };
    },
  };
}

/** What a person gave by hand wins over the same role by a claim. Returns codes of units that are not there. */
async function replaceGrants(trx: Trx, userId: string, rules: readonly ClaimRule[]): Promise<readonly string[]> {
  await trx.deleteFrom('role_grant').where('user_id', '=', userId).where('source', '=', ssoProvider).execute();
  const unknown: string[] = [];
  for (const { role, unitCode } of rules) {
    // Claims name neither whose devices they are nor until when: this one is given by hand.
    if (role === 'supplier') {
      unknown.push('supplier');
      continue;
    }
    const units = trx.selectFrom('unit').select('id').where('valid_to', 'is', null);
    const unit = await (unitCode === undefined
      ? units.where('parent_id', 'is', null)
      : units.where('code', '=', unitCode).where('kind', 'not in', ['building', 'room'])
    )
      .orderBy('id')
      .executeTakeFirst();
    if (!unit) unknown.push(unitCode ?? '');
    else
      await trx
        .insertInto('role_grant')
        .values({ user_id: userId, role, unit_id: unit.id, source: ssoProvider, granted_by: ssoProvider })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
  }
  return unknown;
}
