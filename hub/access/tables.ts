import type { Generated, Kysely } from 'kysely';
import type { Database } from '../store/index.ts';
import type { Tables } from '../store/tables.ts';

/** The tables of sign-in that this feature itself reads and writes; better-auth has them otherwise (`003-sign-in.sql`). */
type SignInTables = {
  auth_user: {
    id: string;
    name: string;
    email: string;
    email_verified: boolean;
    two_factor_enabled: Generated<boolean>;
    created_at: Date;
    updated_at: Date;
  };
  auth_session: {
    id: string;
    token: string;
    user_id: string;
    expires_at: Date;
    provider: string | null;
    passkey_id: string | null;
  };
  auth_account: {
    id: string;
    account_id: string;
    provider_id: string;
    user_id: string;
    password: string | null;
    created_at: Date;
    updated_at: Date;
  };
  auth_verification: { id: string; identifier: string; value: string; expires_at: Date };
  auth_passkey: {
    id: string;
    name: string | null;
    user_id: string;
    credential_id: string;
    counter: number;
    backed_up: boolean;
    created_at: Date | null;
    last_used_at: Date | null;
  };
  auth_two_factor: { id: string; user_id: string };
  emergency_access: {
    id: string;
    user_id: string;
    opened_at: Date;
    until: Date;
    sign_ins: Generated<number>;
    last_sign_in_at: Date | null;
  };
  auth_used_code: { user_id: string; code: string; used_at: Date };
};

/** The same database, with the tables of sign-in in its type. */
export function withSignIn(db: Database): Kysely<Tables & SignInTables> {
  return db.withTables<SignInTables>();
}
