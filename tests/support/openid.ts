import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

type Claims = Readonly<Record<string, unknown>>;

/** A real OpenID provider (certified, not ours) on loopback, at which whoever is `present` is signed in already. */
export interface OpenIdProvider extends AsyncDisposable {
  readonly issuer: string;
  /** Claims by subject; may be changed at any time. */
  readonly people: Map<string, Claims>;
  /** Subject of who sits at the browser; undefined refuses. */
  present: string | undefined;
  /** Goes to an address of the provider as a browser would; resolves with where it is sent back to. */
  visit(url: string): Promise<URL>;
}

export const openIdClient = { clientId: 'edufleet', clientSecret: 'a-secret-that-the-provider-gave' } as const;

/** @param redirectUri where people are sent back to, exactly. */
export async function startOpenId(redirectUri: string): Promise<OpenIdProvider> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const people = new Map<string, Claims>();
  const state: { present: string | undefined } = { present: undefined };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: openIdClient.clientId,
        client_secret: openIdClient.clientSecret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    pkce: { required: () => true },
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    cookies: { keys: ['of the test'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: () => '/interaction' },
    findAccount: (_context: unknown, id: string) =>
      people.has(id) ? { accountId: id, claims: () => ({ sub: id, ...people.get(id) }) } : undefined,
  });
  const answer = provider.callback();
  const interact = async (request: IncomingMessage, response: ServerResponse) => {
    const accountId = state.present;
    if (accountId === undefined) return provider.interactionFinished(request, response, { error: 'access_denied' });
    const { params } = await provider.interactionDetails(request, response);
    const grant = new provider.Grant({ accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    const consent = { grantId: await grant.save() };
    const result = { login: { accountId, remember: false }, consent };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  };
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction')) return answer(request, response);
    interact(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  return {
    issuer,
    people,
    get present() {
      return state.present;
    },
    set present(subject) {
      state.present = subject;
    },
    visit: async (url) => {
      const jar = new Map<string, string>();
      let at = url;
      for (let hop = 0; hop < 8; hop++) {
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
        const response = await fetch(at, { redirect: 'manual', headers: { cookie } });
        for (const line of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          jar.set(name, value);
        }
        const location = response.headers.get('location');
        if (location === null) throw new Error(`${at}: ${response.status} ${await response.text()}`);
        at = new URL(location, at).href;
        if (at.startsWith(redirectUri)) return new URL(at);
      }
      throw new Error(`never sent back, last to ${at}`);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
