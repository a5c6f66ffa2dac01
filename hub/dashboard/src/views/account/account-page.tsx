import { useText } from '../../text/use-text.ts';
import { Page } from '../../ui/page.tsx';
import { PasskeysCard } from './passkeys-card.tsx';
import { TokensCard } from './tokens-card.tsx';
import { TwoStepCard } from './two-step-card.tsx';
import './account.css';

/** What is one's own: how one signs in, and the tokens of one's programs. */
export function AccountPage() {
  const { t } = useText();
  return (
    <Page title={t('account.title')}>
      <TwoStepCard />
      <PasskeysCard />
      <TokensCard />
    </Page>
  );
}
