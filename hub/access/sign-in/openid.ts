import { AsyncLocalStorage } from 'node:async_hooks';
import { genericOAuth } from 'better-auth/plugins';

/** An OpenID provider that people may sign in by. */
export interface OpenIdOptions {
  /** Its address; `/.well-known/openid-configuration` below it is read. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: readonly string[];
  /** Whether somebody who is not here yet is made. */
  readonly allowCreate: boolean;
}

export const ssoProvider = 'oidc';

/** What the provider says within one callback. The library hands it to a function only, and asks nobody for what. */
export const heard = new AsyncLocalStorage<{ claims: unknown }>();

/** Authorization code with PKCE, state and nonce; the ID token is checked by the provider's keys. */
export function openIdPlugin(options: OpenIdOptions) {
  return genericOAuth({
    config: [
      {
        providerId: ssoProvider,
        discoveryUrl: `${options.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
        clientId: options.clientId,
        clientSecret: options.clientSecret,
        scopes: [...options.scopes],
        pkce: true,
        requireIdTokenVerification: true,
        disableSignUp: !options.allowCreate,
        mapProfileToUser: (claims) => {
          const box = heard.getStore();
          if (box) box.claims = claims;
          return {};
        },
      },
    ],
  });
}
