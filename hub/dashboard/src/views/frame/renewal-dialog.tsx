import { Anchor, Modal } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { queryClient } from '../../data/query-client.ts';
import { abandonRenewal, finishRenewal, useRenewalOpen } from '../../state/renewal.ts';
import { useText } from '../../text/use-text.ts';
import { SignInForm } from './sign-in-form.tsx';

/** Signs the same person in again over the page they were on; what they were typing stays. */
export function RenewalDialog({ email }: { readonly email: string }) {
  const { t } = useText();
  const open = useRenewalOpen();
  const navigate = useNavigate();
  const leave = async () => {
    abandonRenewal();
    await navigate({ to: '/sign-in' });
    queryClient.clear();
  };
  return (
    <Modal
      opened={open}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={t('renewal.title')}
      zIndex={1_000}
    >
      <div className="stack">
        <p>{t('renewal.text')}</p>
        <SignInForm email={email} onSignedIn={finishRenewal} />
        <Anchor component="button" type="button" onClick={() => void leave()}>
          {t('renewal.other')}
        </Anchor>
      </div>
    </Modal>
  );
}
