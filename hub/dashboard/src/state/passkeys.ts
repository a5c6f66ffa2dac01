import { useQuery } from '@tanstack/react-query';
import { browserFacts, type PasskeySupport, passkeySupport } from '../data/passkey.ts';
import { signInOptionsQuery } from '../data/queries.ts';

/** Whether passkeys work on this page, and the address where they do; undefined until the hub has said. */
export function usePasskeySupport(): { readonly support: PasskeySupport; readonly origin: string } | undefined {
  const { data } = useQuery(signInOptionsQuery);
  if (!data?.passkeys) return undefined;
  return { support: passkeySupport(data.passkeys, browserFacts()), origin: data.passkeys.origin };
}
