import { AppShell } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { Me } from '../../../../../protocols/api/access/session.ts';
import { api } from '../../data/api.ts';
import { toApiError } from '../../data/api-error.ts';
import { useLiveStream } from '../../state/live.ts';
import { MeContext } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { LinkBadge } from '../../ui/link-badge.tsx';
import { Bell } from '../notifications/bell.tsx';
import { AccountMenu } from './account-menu.tsx';
import { EmergencyNotice } from './emergency-notice.tsx';
import { MustChangePage } from './must-change-page.tsx';
import { MustSetUpPage } from './must-set-up-page.tsx';
import { BottomNavigation, SideNavigation } from './navigation.tsx';
import { RenewalDialog } from './renewal-dialog.tsx';

/** The signed-in part: asks who is there, and lays header and navigation around the page. */
export function Frame() {
  const { t } = useText();
  const me = useQuery({ queryKey: ['me'], queryFn: ({ signal }) => api.me(signal), staleTime: 5 * 60_000 });
  const signedOut = me.isError && me.data === undefined && toApiError(me.error).kind === 'signed-out';
  useSignInWhen(signedOut);
  if (signedOut) return null;
  if (me.isError && toApiError(me.error).code === 'password-temporary') return <MustChangePage />;
  if (me.isError && toApiError(me.error).code === 'two-factor-required') return <MustSetUpPage />;
  if (me.data) return <SignedIn me={me.data} />;
  return (
    <main style={{ padding: '1.5rem' }}>
      <Answer read={me} what={t('account.menu')} height={30}>
        {() => null}
      </Answer>
    </main>
  );
}

/** Goes to the door, once, remembering where the person wanted to be. */
function useSignInWhen(signedOut: boolean): void {
  const router = useRouter();
  useEffect(() => {
    if (!signedOut) return;
    const { href, pathname } = router.state.location;
    if (pathname !== '/sign-in')
      void router.navigate({ to: '/sign-in', search: href === '/' ? {} : { to: href }, replace: true });
  }, [signedOut, router]);
}

function SignedIn({ me }: { readonly me: Me }) {
  useLiveStream();
  const { t } = useText();
  const phone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  return (
    <MeContext value={me}>
      <a className="skip-link" href="#content">
        {t('app.skip')}
      </a>
      <AppShell
        header={{ height: '3.5rem' }}
        navbar={{ width: '15rem', breakpoint: '48em', collapsed: { mobile: true } }}
        {...(phone ? { footer: { height: '3.75rem' } } : {})}
        padding={phone ? 'sm' : 'lg'}
      >
        <AppShell.Header>
          <div className="shell-head">
            <Link to="/" className="brand">
              <img src="/mark.svg" alt="" />
              Edufleet
            </Link>
            <div>
              <LinkBadge />
              <Bell />
              <AccountMenu />
            </div>
          </div>
        </AppShell.Header>
        {phone ? (
          <AppShell.Footer>
            <BottomNavigation />
          </AppShell.Footer>
        ) : (
          <AppShell.Navbar p="sm">
            <SideNavigation />
          </AppShell.Navbar>
        )}
        <AppShell.Main id="content" tabIndex={-1} style={{ background: 'var(--page)', outline: 'none' }}>
          <EmergencyNotice />
          <Outlet />
        </AppShell.Main>
      </AppShell>
      <RenewalDialog email={me.user.email} />
    </MeContext>
  );
}
