import { Button, Divider } from '@mantine/core';
import { IconFingerprint } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useRef } from 'react';
import { toApiError } from '../../data/api-error.ts';
import { signInByPasskey } from '../../data/passkey.ts';
import { usePasskeySupport } from '../../state/passkeys.ts';
import { useText } from '../../text/use-text.ts';
import { PasskeyRefusal } from '../account/passkey-refusal.tsx';

/** A challenge is good for five minutes; one that waits in the e-mail field is renewed before. */
const renewEveryMs = 240_000;

interface PasskeySignInProps {
  /** Whoever must sign in again; anybody without it. */
  readonly email?: string | undefined;
  readonly onSignedIn: () => unknown;
}

/** The button, and passkeys offered within the e-mail field where the browser can; nothing where there can be none. */
export function PasskeySignIn({ email, onSignedIn }: PasskeySignInProps) {
  const { t } = useText();
  const isReady = usePasskeySupport()?.support === 'ready';
  const waiting = useRef<AbortController | undefined>(undefined);
  const enter = (user: { readonly email: string }) => {
    // Somebody else's passkey over somebody's page: begin anew rather than go on with what they were typing.
    if (email !== undefined && user.email !== email) window.location.assign('/');
    else onSignedIn();
  };
  const signIn = useMutation({
    mutationFn: () => {
      waiting.current?.abort();
      return signInByPasskey(new AbortController().signal);
    },
    onSuccess: ({ user }) => enter(user),
  });
  const entered = useEffectEvent(enter);
  useEffect(() => {
    if (!isReady) return undefined;
    const controller = new AbortController();
    waiting.current = controller;
    void offerInField(controller.signal, entered);
    return () => controller.abort();
  }, [isReady]);
  if (!isReady) return null;
  return (
    <>
      <Divider label={t('signIn.or')} />
      <PasskeyRefusal error={signIn.error} isAtDoor />
      <Button
        variant="default"
        size="md"
        fullWidth
        leftSection={<IconFingerprint size={18} aria-hidden />}
        loading={signIn.isPending}
        onClick={() => signIn.mutate()}
      >
        {t('passkey.signIn')}
      </Button>
    </>
  );
}

/** Until the person takes one or the page asks otherwise. Refusals are told by the button's own way only. */
async function offerInField(signal: AbortSignal, entered: (user: { readonly email: string }) => void): Promise<void> {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  while (!signal.aborted) {
    try {
      const turn = AbortSignal.any([signal, AbortSignal.timeout(renewEveryMs)]);
      const { user } = await signInByPasskey(turn, 'conditional');
      return entered(user);
    } catch (thrown) {
      const isTurnOver = thrown instanceof DOMException && thrown.name === 'TimeoutError';
      // A wrong or removed passkey: the next one may be right. Whatever else stands in the way stays there.
      if (!isTurnOver && toApiError(thrown).code !== 'wrong-passkey') return;
    }
  }
}
