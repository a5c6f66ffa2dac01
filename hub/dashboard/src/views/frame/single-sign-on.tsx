import { Button, Divider } from '@mantine/core';
import { IconAlertOctagon, IconBuildingBank } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ssoRefusals } from '../../../../../protocols/api/access/sign-in.ts';
import { api } from '../../data/api.ts';
import { signInOptionsQuery } from '../../data/queries.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';

/** The button of the department's own sign-in, where there is one. */
export function SingleSignOn() {
  const { t } = useText();
  const { data } = useQuery(signInOptionsQuery);
  const begin = useMutation({
    mutationFn: () => api.beginSso(),
    onSuccess: ({ url }) => window.location.assign(url),
  });
  if (!data?.sso) return null;
  return (
    <>
      <Divider label={t('signIn.or')} />
      <ProblemLine error={begin.error} />
      <Button
        variant="default"
        size="md"
        fullWidth
        leftSection={<IconBuildingBank size={18} aria-hidden />}
        loading={begin.isPending}
        onClick={() => begin.mutate()}
      >
        {t('signIn.sso', { label: data.sso.label })}
      </Button>
    </>
  );
}

type Why = (typeof ssoRefusals)[number];

const keys: Readonly<Record<Why, TextKey>> = {
  signup_disabled: 'signIn.sso.unknown',
  account_not_linked: 'signIn.sso.unknown',
  email_not_found: 'signIn.sso.email',
  access_denied: 'signIn.sso.denied',
  provider: 'signIn.sso.failed',
};

/** Why the provider, or the hub after it, did not let somebody in. */
export function SsoRefused({ why }: { readonly why: Why }) {
  const { t } = useText();
  return (
    <div className="notice" role="alert" data-tone="fault">
      <IconAlertOctagon aria-hidden />
      <span>{t(keys[why])}</span>
    </div>
  );
}
